"""The states in which access is tested: the phases, and within answering the time after its close."""

STATES = ("draft", "answering", "closed", "sealed", "rating", "locked", "unblinded", "reported")
