CREATE TABLE people AS
SELECT DISTINCT ON (c.ppid) c.ppid, c.chem_school::VARCHAR AS school, p.sex, c.chem_age::VARCHAR AS age
FROM chem AS c
JOIN pupil AS p USING (ppid)
ORDER BY c.ppid;
