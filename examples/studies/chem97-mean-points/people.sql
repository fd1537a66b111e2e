-- The average of a pupil's exams at age 16 is between 0 and 8; the few below 5 are one group.
CREATE TABLE people AS
SELECT
    ppid,
    CASE
        WHEN chem_gcse_average < 5 THEN 'below 5'
        WHEN chem_gcse_average < 6 THEN '5 to below 6'
        WHEN chem_gcse_average < 7 THEN '6 to below 7'
        ELSE '7 and over'
    END AS gcse_average,
    chem_points AS points
FROM chem
ORDER BY ppid;
