CREATE TABLE people AS
SELECT ppid, chem_points AS points, chem_gcse_centred AS gcse_centred, chem_school AS school
FROM chem
ORDER BY ppid;
