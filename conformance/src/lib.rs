//! Simulators, conformance runner and reports for any OOTS node
