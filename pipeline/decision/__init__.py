"""The decision of the finished ensemble, and its answers to texts that the DAG has not seen."""
