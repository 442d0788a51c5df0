package interop;

import com.helger.collection.commons.CommonsArrayList;
import com.helger.collection.commons.ICommonsList;
import com.helger.http.EHttpMethod;
import com.helger.http.header.HttpHeaderMap;
import com.helger.phase4.attachment.WSS4JAttachment;
import com.helger.phase4.ebms3header.Ebms3SignalMessage;
import com.helger.phase4.ebms3header.Ebms3UserMessage;
import com.helger.phase4.error.AS4ErrorList;
import com.helger.phase4.incoming.AS4IncomingProfileSelectorConstant;
import com.helger.phase4.incoming.AS4RequestHandler;
import com.helger.phase4.incoming.IAS4IncomingMessageMetadata;
import com.helger.phase4.incoming.IAS4IncomingMessageState;
import com.helger.phase4.incoming.crypto.AS4IncomingSecurityConfiguration;
import com.helger.phase4.incoming.spi.AS4MessageProcessorResult;
import com.helger.phase4.incoming.spi.AS4SignalMessageProcessorResult;
import com.helger.phase4.incoming.spi.IAS4IncomingMessageProcessorSPI;
import com.helger.phase4.crypto.AS4CryptParams;
import com.helger.phase4.crypto.AS4SigningParams;
import com.helger.phase4.model.pmode.IPMode;
import com.helger.phase4.servlet.AS4UnifiedResponse;
import com.helger.phase4.servlet.AS4XServletHandler;
import com.helger.phase4.servlet.IAS4ServletRequestHandlerCustomizer;
import com.helger.web.scope.IRequestWebScopeWithoutResponse;
import com.helger.xservlet.AbstractXServlet;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.w3c.dom.Node;

/** phase4's servlet with one agreement; says of every payload delivered what it was. */
final class Receiver extends AbstractXServlet {
    private static final long serialVersionUID = 1L;

    Receiver(Agreement agreement) {
        settings().setMultipartEnabled(false);
        handlerRegistry().registerHandler(
            EHttpMethod.POST, new AS4XServletHandler().setRequestHandlerCustomizer(new Customizer(agreement)));
    }

    private record Customizer(Agreement agreement) implements IAS4ServletRequestHandlerCustomizer {
        @Override
        public void customizeBeforeHandling(
                IRequestWebScopeWithoutResponse scope, AS4UnifiedResponse response, AS4RequestHandler handler) {
            AS4SigningParams signing = AS4SigningParams.createDefault();
            agreement.signing(signing);
            handler.setCryptoFactorySign(agreement.signing);
            handler.setCryptoFactoryCrypt(agreement.decryption);
            handler.setPModeResolver((id, service, action, from, to, reference, address) ->
                agreement.pmode(from, to, address, service, action));
            handler.setIncomingProfileSelector(new AS4IncomingProfileSelectorConstant(agreement.profile, true));
            handler.setIncomingSecurityConfiguration(new AS4IncomingSecurityConfiguration()
                .setSigningParams(signing)
                .setCryptParams(AS4CryptParams.createDefault()));
            handler.setProcessorSupplier(() -> new CommonsArrayList<>(new Delivery(agreement)));
        }

        @Override
        public void customizeAfterHandling(
                IRequestWebScopeWithoutResponse scope, AS4UnifiedResponse response, AS4RequestHandler handler) {
            // Nothing to change.
        }
    }

    private record Delivery(Agreement agreement) implements IAS4IncomingMessageProcessorSPI {
        @Override
        public AS4MessageProcessorResult processAS4UserMessage(
                IAS4IncomingMessageMetadata metadata, HttpHeaderMap headers, Ebms3UserMessage message,
                IPMode pmode, Node payload, ICommonsList<WSS4JAttachment> attachments,
                IAS4IncomingMessageState state, AS4ErrorList errors) {
            try {
                Line line = new Line("received")
                    .put("profile", agreement.profile)
                    .put("id", message.getMessageInfo().getMessageId())
                    .put("action", message.getCollaborationInfo().getAction())
                    .put("signed", state.isSoapSignatureChecked())
                    .put("decrypted", state.isSoapDecrypted());
                if (attachments != null) {
                    for (WSS4JAttachment attachment : attachments) {
                        line.put("part", describe(attachment));
                    }
                }
                line.print();
                return AS4MessageProcessorResult.createSuccess();
            } catch (Exception failure) {
                new Line("failed").put("why", failure).print();
                return AS4MessageProcessorResult.createFailure();
            }
        }

        private static String describe(WSS4JAttachment attachment) throws Exception {
            String media = attachment.getUncompressedMimeType();
            if (Boolean.getBoolean("interop.measured")) {
                // What is measured is phase4, not the digest of the test.
                try (InputStream in = attachment.getSourceStream()) {
                    return media + "|" + in.transferTo(OutputStream.nullOutputStream()) + "|";
                }
            }
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            long size;
            try (InputStream in = new DigestInputStream(attachment.getSourceStream(), digest)) {
                size = in.transferTo(OutputStream.nullOutputStream());
            }
            return media + "|" + size + "|" + HexFormat.of().formatHex(digest.digest());
        }

        @Override
        public AS4SignalMessageProcessorResult processAS4SignalMessage(
                IAS4IncomingMessageMetadata metadata, HttpHeaderMap headers, Ebms3SignalMessage message,
                IPMode pmode, IAS4IncomingMessageState state, AS4ErrorList errors) {
            return AS4SignalMessageProcessorResult.createSuccess();
        }

        @Override
        public void processAS4ResponseMessage(
                IAS4IncomingMessageMetadata metadata, IAS4IncomingMessageState state, String id,
                byte[] bytes, boolean available, AS4ErrorList errors) {
            // The other side says what it was answered.
        }
    }
}
