//! XNachweis 1.4 messages as types.
