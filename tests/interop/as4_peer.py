"""The PyPI package `as4` as a peer: one step of an exchange per call, over files in a folder.

    as4_peer.py receive|send|judge FOLDER

The folder holds `key.pem` and `certificate.pem` (the peer's, party-a) and `partner.pem` (party-b's).

receive  reads `request.type` and `request.body`; writes `answer.type` and `answer.body`, and
         `delivered` if the message was taken
send     reads `payload`; writes `request.type`, `request.body` and `exchange.json`
judge    reads `exchange.json` and `answer.body`

Prints one JSON object: what came of it.
"""

import json
import sys
from pathlib import Path

from as4 import AS4LocalPrivateKey, ReceiptVerificationError, SecurityPolicy, pinned_certificates
from as4.peppol import (
    BusdoxDocidQnsDocumentIdentifier,
    PeppolAS4MessageBuilderArgs,
    PeppolAS4Profile,
    PeppolSendingExchange,
    create_peppol_external_party,
    create_peppol_internal_party,
    parse_peppol_message,
)
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

DOCUMENT = "urn:example:Evidence-1::Evidence##urn:example:oots::1.0"
PROCESS = "urn:example:process"


def parties(folder):
    key = load_pem_private_key((folder / "key.pem").read_bytes(), None)
    own = x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())
    partner = x509.load_pem_x509_certificate((folder / "partner.pem").read_bytes())
    local = create_peppol_internal_party("party-a", own, AS4LocalPrivateKey(key))
    return local, create_peppol_external_party("party-b", partner)


def receive(folder):
    local, remote = parties(folder)
    policy = SecurityPolicy(signer_resolver=pinned_certificates(remote.credentials.certificate))
    exchange = parse_peppol_message(
        request_headers={"Content-Type": (folder / "request.type").read_text()},
        request_body=(folder / "request.body").read_bytes(),
        local_party=local,
        security_policy=policy,
    )
    headers, answer = exchange.build_signal()
    (folder / "answer.type").write_text(headers["Content-Type"])
    (folder / "answer.body").write_bytes(answer)
    if exchange.successful:
        (payload,) = exchange.message.decrypted_data.values()
        (folder / "delivered").write_bytes(payload)
    error = exchange.message.parse_error
    return {
        "taken": exchange.successful,
        "message_id": exchange.message_id,
        "code": error.error_code if error else None,
        "problem": type(error).__name__ if error else None,
    }


def send(folder):
    local, remote = parties(folder)
    exchange = PeppolSendingExchange(profile=PeppolAS4Profile, local_party=local, remote_party=remote)
    headers, body = exchange.build(
        (folder / "payload").read_bytes(),
        PeppolAS4MessageBuilderArgs(
            sender="9932:sender",
            recipient="9932:recipient",
            document_type_identifier=BusdoxDocidQnsDocumentIdentifier.from_identifier_value(DOCUMENT),
            document_identification_instance_identifier="document-1",
            process_identifier=PROCESS,
            c1_country_id="FR",
        ),
    )
    (folder / "request.type").write_text(headers["Content-Type"])
    (folder / "request.body").write_bytes(body)
    (folder / "exchange.json").write_text(exchange.mark_sent().model_dump_json())
    (payload,) = exchange.message.decrypted_data.values()
    (folder / "sent").write_bytes(payload)
    return {"message_id": exchange.message_id}


def judge(folder):
    local, _ = parties(folder)
    exchange = PeppolSendingExchange.restore((folder / "exchange.json").read_text(), local)
    problem = None
    try:
        exchange.receive_signal((folder / "answer.body").read_bytes())
    except ReceiptVerificationError as error:
        problem = str(error)
    error = exchange.error
    return {
        "state": exchange.state,
        "problem": problem,
        "code": error.error_code if error else None,
    }


if __name__ == "__main__":
    step = {"receive": receive, "send": send, "judge": judge}[sys.argv[1]]
    print(json.dumps(step(Path(sys.argv[2]))))
