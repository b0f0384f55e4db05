"""Why a fact holds: proofs found on demand in what an engine has closed."""
