//! Keys of the platform: made, listed, watched for their expiry.
