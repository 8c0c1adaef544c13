namespace reeve {}
