//! Rule sets over XML documents: Schematron engine and our own rules
