"""Surveys, ratings, complaints and improvement."""
