"""Read access by FHIR R4 (4.0.1): Schedule, Slot, Appointment, Practitioner, Location, HealthcareService."""
