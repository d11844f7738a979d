"""The finished ensemble: its members and its decision, for texts that the DAG has not seen."""
