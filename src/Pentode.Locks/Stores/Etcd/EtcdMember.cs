using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Pentode.Locks.Stores.Etcd.Wire;

namespace Pentode.Locks.Stores.Etcd;

/// <summary>
/// One endpoint: gRPC over one HTTP/2 connection, in clear text or TLS. Never throws for what a member or the network does. Thread safe.
/// </summary>
internal sealed class EtcdMember : IDisposable
{
    private readonly HttpMessageInvoker _invoker;
    private readonly string _serverName = "";

    /// <summary>Prepares; connects with the first call. Unreadable certificates throw (start-up).</summary>
    public EtcdMember(Uri endpoint, EtcdOptions options)
    {
        Endpoint = endpoint;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromMilliseconds(options.CallTimeoutMs),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
            KeepAlivePingDelay = TimeSpan.FromSeconds(1),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(2),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        };
        if (endpoint.Scheme == Uri.UriSchemeHttps)
        {
            handler.SslOptions = MakeSslOptions(options.Tls);

            // The handler checks the certificate against the name in the Host header, whatever SslOptions.TargetHost says.
            _serverName = options.Tls.ServerName;
        }

        _invoker = new HttpMessageInvoker(handler, disposeHandler: true);
    }

    /// <summary>The client URL.</summary>
    public Uri Endpoint { get; }

    /// <summary>One call, ended after <paramref name="timeoutMs"/> whatever happens. <paramref name="token"/> is the user's, empty for none.</summary>
    public async Task<GrpcReply> CallAsync(string path, ReadOnlyMemory<byte> message, int timeoutMs, string token, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeoutMs);
        using var content = new ByteArrayContent(GrpcFrame.Wrap(message.Span));
        content.Headers.TryAddWithoutValidation("Content-Type", "application/grpc");
        using var request = MakeRequest(path, content, token);
        request.Headers.TryAddWithoutValidation("grpc-timeout", timeoutMs.ToString(CultureInfo.InvariantCulture) + "m");
        try
        {
            using var response = await _invoker.SendAsync(request, limit.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
                return new GrpcReply(GrpcCode.Unavailable, Sent: true, $"HTTP {(int)response.StatusCode}: not an etcd member", []);
            var body = await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
            return await ReadAnswerAsync(response, body, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return cancellation.IsCancellationRequested
                ? new GrpcReply(GrpcCode.Cancelled, Sent: true, "cancelled", [])
                : new GrpcReply(GrpcCode.DeadlineExceeded, Sent: true, $"no answer within {timeoutMs} ms", []);
        }
        catch (OperationCanceledException)
        {
            // The connection attempt reached ConnectTimeout before our own limit fired.
            return new GrpcReply(GrpcCode.Unavailable, Sent: false, $"no connection within {timeoutMs} ms", []);
        }
        catch (HttpRequestException e)
        {
            return Failure(e);
        }
        catch (IOException e)
        {
            return new GrpcReply(GrpcCode.Unavailable, Sent: true, e.Message, []);
        }
    }

    /// <summary>Opens a streaming call.</summary>
    public GrpcStream OpenStream(string path, string token, CancellationToken cancellation)
    {
        var content = new GrpcStreamContent();
        return new GrpcStream(_invoker, MakeRequest(path, content, token), content, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();

    private static async Task<GrpcReply> ReadAnswerAsync(HttpResponseMessage response, Stream body, CancellationToken cancellation)
    {
        var prefix = new byte[GrpcFrame.HeaderSize];
        byte[] payload = [];
        if (await body.ReadAtLeastAsync(prefix, prefix.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false) == prefix.Length)
        {
            var length = GrpcFrame.ReadLength(prefix);
            if (length < 0)
                return new GrpcReply(GrpcCode.Internal, Sent: true, "a compressed or oversized message", []);
            payload = new byte[length];
            await body.ReadExactlyAsync(payload, cancellation).ConfigureAwait(false);
            if (await body.ReadAsync(prefix, cancellation).ConfigureAwait(false) != 0)
                return new GrpcReply(GrpcCode.Internal, Sent: true, "bytes behind the answer of a unary call", []);
        }

        return GrpcTrailers.Read(response, payload);
    }

    private static GrpcReply Failure(HttpRequestException e)
    {
        var sent = e.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.VersionNegotiationError);
        var cause = e.InnerException?.Message ?? e.Message;
        return new GrpcReply(GrpcCode.Unavailable, sent, cause, []);
    }

    private static SslClientAuthenticationOptions MakeSslOptions(EtcdTls tls)
    {
        var ssl = new SslClientAuthenticationOptions();
        if (tls.CaFile.Length > 0)
        {
            ssl.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            ssl.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(tls.CaFile);
        }

        if (tls.CertificateFile.Length > 0)
            ssl.ClientCertificates = [X509Certificate2.CreateFromPemFile(tls.CertificateFile, tls.KeyFile.Length > 0 ? tls.KeyFile : null)];
        return ssl;
    }

    private HttpRequestMessage MakeRequest(string path, HttpContent content, string token)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Endpoint, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        if (_serverName.Length > 0)
            request.Headers.Host = _serverName;
        request.Headers.TryAddWithoutValidation("TE", "trailers");

        // A member that knows no leader answers at once instead of keeping the call.
        request.Headers.TryAddWithoutValidation("hasleader", "true");
        if (token.Length > 0)
            request.Headers.TryAddWithoutValidation("token", token);
        return request;
    }
}
