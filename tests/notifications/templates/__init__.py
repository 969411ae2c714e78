"""Tests of templates: values that the platform takes, words of the hospital's own, who may approve them."""
