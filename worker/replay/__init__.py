"""The whole product on a virtual clock: the same intake, planning, rendering and delivery, with time that steps."""
