"""Events over HTTP into the record, against a bare loop that does no more than run the same statements."""
