"""Tests of whatever turns codes into answers."""
