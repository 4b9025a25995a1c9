"""Whatever turns codes into answers: one folder per annotator."""
