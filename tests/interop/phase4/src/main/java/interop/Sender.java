package interop;

import com.helger.httpclient.HttpClientFactory;
import com.helger.httpclient.HttpClientSettings;
import com.helger.mime.CMimeType;
import com.helger.mime.IMimeType;
import com.helger.mime.parse.MimeTypeParser;
import com.helger.phase4.attachment.AS4OutgoingAttachment;
import com.helger.phase4.ebms3header.Ebms3Error;
import com.helger.phase4.model.MessageProperty;
import com.helger.phase4.model.pmode.resolve.AS4DefaultPModeResolver;
import com.helger.phase4.incoming.AS4IncomingProfileSelectorConstant;
import com.helger.phase4.sender.AS4Sender;
import com.helger.phase4.sender.IAS4SignalMessageValidationResultHandler;
import com.helger.phase4.util.Phase4Exception;
import java.io.File;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;

/** Sends what the test asks for, and says what phase4 thinks of the answer. */
final class Sender {
    private static final String SCHEME = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots";
    private final Map<String, Agreement> agreements;
    private final SSLContext tls;

    Sender(Map<String, Agreement> agreements, SSLContext tls) {
        this.agreements = agreements;
        this.tls = tls;
    }

    /** Fields: profile, url, id, service, service-type, action, conversation, then file|type|gzip. */
    void send(List<String> fields) {
        Agreement agreement = agreements.get(fields.get(0));
        Line line = new Line("sent").put("id", fields.get(2));
        Verdict verdict = new Verdict();
        try {
            AS4Sender.BuilderUserMessage message = address(agreement, fields);
            for (String part : fields.subList(7, fields.size())) {
                message.addAttachment(attachment(part));
            }
            message.signalMsgValidationResultHdl(verdict);
            message.signalMsgConsumer((signal, metadata, state) -> {
                line.put("receipt", signal.getReceipt() != null);
                line.put("signed", state.isSoapSignatureChecked());
                for (Ebms3Error error : signal.getError()) {
                    line.put("error", error.getErrorCode());
                }
            });
            message.rawResponseConsumer(response -> line.put("answered", response.getResponseContent().length));
            line.put("result", message.sendMessage().isSuccess());
        } catch (Phase4Exception failure) {
            line.put("result", false).put("why", failure.getMessage() + ": " + failure.getCause());
        }
        line.put("check", verdict.text).print();
    }

    private AS4Sender.BuilderUserMessage address(Agreement agreement, List<String> fields) {
        HttpClientSettings settings = new HttpClientSettings();
        settings.setSSLContext(tls);
        String url = fields.get(1);
        String type = fields.get(4);
        return AS4Sender.builderUserMessage()
            .httpClientFactory(new HttpClientFactory(settings))
            .as4ProfileID(agreement.profile)
            .pmodeResolver(new AS4DefaultPModeResolver(agreement.profile))
            .incomingProfileSelector(new AS4IncomingProfileSelectorConstant(agreement.profile, true))
            .pmode(agreement.pmode("AP_P4_01", "AP_DE_01", url))
            .cryptoFactorySign(agreement.signing)
            .cryptoFactoryCrypt(agreement.decryption)
            .withSigningParams(agreement::signing)
            .withCryptParams(agreement::encryption)
            .endpointURL(url)
            .messageID(fields.get(2))
            .service(type.isEmpty() ? null : type, fields.get(3))
            .action(fields.get(5))
            .conversationID(fields.get(6))
            .fromPartyIDType(SCHEME).fromPartyID("AP_P4_01").fromRole("http://sdg.europa.eu/edelivery/gateway")
            .toPartyIDType(SCHEME).toPartyID("AP_DE_01").toRole("http://sdg.europa.eu/edelivery/gateway")
            .addMessageProperty(MessageProperty.builder().name("originalSender").type(SCHEME).value("BR_P4_01"))
            .addMessageProperty(MessageProperty.builder().name("finalRecipient").type(SCHEME).value("BR_DE_01"));
    }

    private static AS4OutgoingAttachment attachment(String part) {
        String[] fields = part.split("\\|");
        IMimeType media = MimeTypeParser.safeParseMimeType(fields[1]);
        AS4OutgoingAttachment.Builder builder = AS4OutgoingAttachment.builder()
            .data(new File(fields[0]))
            .mimeType(media == null ? CMimeType.APPLICATION_OCTET_STREAM : media);
        return (fields[2].equals("gzip") ? builder.compressionGZIP() : builder).build();
    }

    /** phase4's own comparison of the receipt with what it signed. */
    private static final class Verdict implements IAS4SignalMessageValidationResultHandler {
        private String text = "not reached";

        @Override
        public void onSuccess() {
            text = "success";
        }

        @Override
        public void onError(String message) {
            text = "error: " + message;
        }

        @Override
        public void onNotApplicable() {
            text = "not applicable";
        }
    }
}
