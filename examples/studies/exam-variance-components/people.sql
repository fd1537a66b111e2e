-- A row a pupil. The school is only what groups the pupils; no figure is published about any one school.
CREATE TABLE people AS
SELECT ppid, exam_score AS score, exam_reading_test AS reading, exam_school AS school
FROM exam
ORDER BY ppid;
