// Loaded before a client whose host name is built in: connections to
// graph.facebook.com go to the gateway's TLS port on this machine. The
// certificate is checked as ever (NODE_EXTRA_CA_CERTS).
const tls = require("node:tls");
const connect = tls.connect;
tls.connect = function (options, ...rest) {
  if (options && (options.host === "graph.facebook.com" || options.hostname === "graph.facebook.com")) {
    options = { ...options, host: "127.0.0.1", hostname: "127.0.0.1", port: Number(process.env.WABRIDGE_TLS_PORT), servername: "graph.facebook.com" };
  }
  return connect.call(this, options, ...rest);
};
