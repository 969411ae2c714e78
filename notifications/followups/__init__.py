"""Follow-up plans (随访计划): what a patient is told and asked after a visit, and when it stops."""
