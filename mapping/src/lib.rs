//! EDM and XNachweis messages and the translation between them
