"""How the finished ensemble decides, and what it says of texts that the DAG has not seen."""
