-- 10 points are grade A, 0 are not passed.
CREATE TABLE people AS
SELECT ppid, lpad(chem_points::VARCHAR, 2, '0') AS points FROM chem ORDER BY ppid;
