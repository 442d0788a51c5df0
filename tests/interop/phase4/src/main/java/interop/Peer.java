package interop;

import com.helger.phase4.incoming.AS4ServerInitializer;
import com.helger.web.servlets.scope.WebScopeListener;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** Starts phase4 over the keys in a folder, says where it listens, obeys until its input ends. */
public final class Peer {
    private Peer() {}

    public static void main(String[] arguments) throws Exception {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
        Path folder = Path.of(arguments[0]);
        Server server = new Server();
        ServerConnector plain = new ServerConnector(server);
        plain.setHost("127.0.0.1");
        server.addConnector(plain);
        ServerConnector secure = secure(server, folder);
        server.addConnector(secure);
        ServletContextHandler context = new ServletContextHandler();
        context.addEventListener(new WebScopeListener());
        server.setHandler(context);
        server.start();
        AS4ServerInitializer.initAS4Server();
        Map<String, Agreement> agreements = new LinkedHashMap<>();
        for (String profile : Arrays.copyOfRange(arguments, 1, arguments.length)) {
            Agreement agreement = new Agreement(profile, folder.resolve(profile));
            agreements.put(profile, agreement);
            context.addServlet(new ServletHolder(new Receiver(agreement)), "/" + profile);
        }
        new Line("ready").put("http", plain.getLocalPort()).put("https", secure.getLocalPort()).print();
        obey(new Sender(agreements, client(folder)));
        server.stop();
        System.exit(0);
    }

    private static ServerConnector secure(Server server, Path folder) throws Exception {
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setKeyStore(Agreement.keyStore(folder.resolve("tls.p12")));
        tls.setKeyStorePassword(new String(Agreement.PASSWORD));
        tls.setSniRequired(false);
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.addCustomizer(new SecureRequestCustomizer(false));
        ServerConnector connector = new ServerConnector(server, tls, new HttpConnectionFactory(configuration));
        connector.setHost("127.0.0.1");
        return connector;
    }

    private static SSLContext client(Path folder) throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(Agreement.keyStore(folder.resolve("tls-trust.p12")));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static void obey(Sender sender) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            List<String> fields = List.of(line.split("\t", -1));
            if (fields.get(0).equals("send")) {
                sender.send(fields.subList(1, fields.size()));
            }
        }
    }
}
