"""How long tasks would wait if nobody cancelled them."""

HOUR_S = 3_600.0
