"""How mails leave: transports that tell what became of each."""
