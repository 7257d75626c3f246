"""Train and fine-tune the published networks: data, losses, one resumable loop."""
