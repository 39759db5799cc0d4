//! The HTTP/1.1 service, written once, without input or output of its own.
