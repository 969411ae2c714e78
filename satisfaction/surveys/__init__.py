"""Surveys: who may answer what about which visit, and what a low rating sets off."""
