"""The commands of the DAG, a module a stage: read the command line, check the code, run the stage's step."""
