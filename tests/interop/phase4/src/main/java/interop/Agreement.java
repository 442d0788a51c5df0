package interop;

import com.helger.base.state.ETriState;
import com.helger.diagnostics.error.SingleError;
import com.helger.diagnostics.error.list.ErrorList;
import com.helger.phase4.CAS4;
import com.helger.phase4.crypto.AS4CryptParams;
import com.helger.phase4.crypto.AS4CryptoFactoryInMemoryKeyStore;
import com.helger.phase4.crypto.AS4SigningParams;
import com.helger.phase4.crypto.ECryptoAlgorithmCrypt;
import com.helger.phase4.crypto.ECryptoAlgorithmSign;
import com.helger.phase4.crypto.ECryptoAlgorithmSignDigest;
import com.helger.phase4.crypto.IAS4CryptoFactory;
import com.helger.phase4.ebms3header.Ebms3Property;
import com.helger.phase4.ebms3header.Ebms3UserMessage;
import com.helger.phase4.mgr.MetaAS4Manager;
import com.helger.phase4.model.EMEP;
import com.helger.phase4.model.EMEPBinding;
import com.helger.phase4.model.pmode.IPModeIDProvider;
import com.helger.phase4.model.pmode.PMode;
import com.helger.phase4.model.pmode.PModeParty;
import com.helger.phase4.model.pmode.PModeReceptionAwareness;
import com.helger.phase4.model.pmode.leg.EPModeSendReceiptReplyPattern;
import com.helger.phase4.model.pmode.leg.PModeLeg;
import com.helger.phase4.model.pmode.leg.PModeLegBusinessInformation;
import com.helger.phase4.model.pmode.leg.PModeLegErrorHandling;
import com.helger.phase4.model.pmode.leg.PModeLegProtocol;
import com.helger.phase4.model.pmode.leg.PModeLegSecurity;
import com.helger.phase4.profile.AS4Profile;
import com.helger.phase4.profile.IAS4ProfileValidator;
import com.helger.phase4.wss.EWSSVersion;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.Set;

/** What was agreed with the bridge for one profile: algorithms, keys, four corners. */
final class Agreement {
    static final char[] PASSWORD = "interop".toCharArray();
    private static final String ROLE = "http://sdg.europa.eu/edelivery/gateway";

    final String profile;
    final boolean elliptic;
    final IAS4CryptoFactory signing;
    final IAS4CryptoFactory decryption;
    final X509Certificate partner;

    /** Reads keys and certificates that the test made, and tells phase4 of the profile. */
    Agreement(String profile, Path folder) throws Exception {
        this.profile = profile;
        elliptic = profile.startsWith("edelivery2");
        KeyStore trust = keyStore(folder.resolve("trust.p12"));
        signing = factory(folder.resolve("sign.p12"), trust);
        decryption = factory(folder.resolve("decrypt.p12"), trust);
        try (InputStream pem = Files.newInputStream(folder.resolve("partner.pem"))) {
            partner = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(pem);
        }
        MetaAS4Manager.getProfileMgr().registerProfile(new AS4Profile(
            profile, profile, FourCorners::new, this::pmode, IPModeIDProvider.DEFAULT_DYNAMIC, false, false));
    }

    private static IAS4CryptoFactory factory(Path file, KeyStore trust) throws Exception {
        return new AS4CryptoFactoryInMemoryKeyStore(keyStore(file), "key", PASSWORD, trust);
    }

    static KeyStore keyStore(Path file) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        return store;
    }

    PMode pmode(String initiator, String responder, String address) {
        return pmode(initiator, responder, address, null, null);
    }

    /** phase4 knows a ping by the service and action of the P-Mode, not of the message. */
    PMode pmode(String initiator, String responder, String address, String service, String action) {
        PModeParty from = PModeParty.createSimple(initiator, ROLE);
        PModeParty to = PModeParty.createSimple(responder, ROLE);
        PModeLegErrorHandling errors = new PModeLegErrorHandling(
            null, null, ETriState.TRUE, ETriState.TRUE, ETriState.TRUE, ETriState.TRUE);
        PModeLeg leg = new PModeLeg(
            PModeLegProtocol.createForDefaultSoapVersion(address),
            PModeLegBusinessInformation.create(service, action, null, CAS4.DEFAULT_MPC_ID),
            errors, null, security());
        return new PMode(
            IPModeIDProvider.DEFAULT_DYNAMIC.getPModeID(from, to), from, to, "urn:as4:agreement",
            EMEP.ONE_WAY, EMEPBinding.PUSH, leg, null, null,
            new PModeReceptionAwareness(ETriState.TRUE, ETriState.TRUE, 1, 10_000, ETriState.TRUE));
    }

    private PModeLegSecurity security() {
        PModeLegSecurity security = new PModeLegSecurity();
        security.setWSSVersion(EWSSVersion.WSS_111);
        security.setX509SignatureAlgorithm(signatureAlgorithm());
        security.setX509SignatureHashFunction(ECryptoAlgorithmSignDigest.DIGEST_SHA_256);
        security.setX509EncryptionAlgorithm(ECryptoAlgorithmCrypt.AES_128_GCM);
        security.setX509EncryptionMinimumStrength(128);
        security.setPModeAuthorize(false);
        security.setSendReceipt(true);
        security.setSendReceiptNonRepudiation(true);
        security.setSendReceiptReplyPattern(EPModeSendReceiptReplyPattern.RESPONSE);
        return security;
    }

    private ECryptoAlgorithmSign signatureAlgorithm() {
        return elliptic ? ECryptoAlgorithmSign.EDDSA_ED25519 : ECryptoAlgorithmSign.RSA_SHA_256;
    }

    void signing(AS4SigningParams params) {
        params.setAlgorithmSign(signatureAlgorithm());
        params.setAlgorithmSignDigest(ECryptoAlgorithmSignDigest.DIGEST_SHA_256);
    }

    void encryption(AS4CryptParams params) {
        params.setAlgorithmCrypt(ECryptoAlgorithmCrypt.AES_128_GCM);
        params.setCertificate(partner);
        if (elliptic) {
            params.setEDelivery2KeyAgreementX25519();
        }
    }

    /** The rule that sets the four-corner profiles apart: both outer corners are named. */
    private static final class FourCorners implements IAS4ProfileValidator {
        @Override
        public void validateUserMessage(Ebms3UserMessage message, ErrorList errors) {
            Set<String> names = new HashSet<>();
            if (message.getMessageProperties() != null) {
                for (Ebms3Property property : message.getMessageProperties().getProperty()) {
                    names.add(property.getName());
                }
            }
            for (String name : new String[] {"originalSender", "finalRecipient"}) {
                if (!names.contains(name)) {
                    errors.add(SingleError.builderError().errorText(name + " is missing").build());
                }
            }
        }
    }
}
