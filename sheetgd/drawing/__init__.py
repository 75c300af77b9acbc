"""A lesson's pictures, drawn with matplotlib, which nothing else imports."""
