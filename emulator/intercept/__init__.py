"""An HTTPS proxy that answers for the providers' real hosts with certificates of a throw-away authority."""
