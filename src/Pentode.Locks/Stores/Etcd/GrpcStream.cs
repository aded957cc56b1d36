using Pentode.Locks.Stores.Etcd.Wire;

namespace Pentode.Locks.Stores.Etcd;

/// <summary>An open streaming call. Messages in both directions, each way one caller at a time. Disposal ends the call.</summary>
internal sealed class GrpcStream : IDisposable
{
    private readonly HttpRequestMessage _request;
    private readonly GrpcStreamContent _content;
    private readonly Task<HttpResponseMessage> _pending;
    private readonly CancellationTokenSource _end;
    private readonly byte[] _prefix = new byte[GrpcFrame.HeaderSize];
    private HttpResponseMessage? _response;
    private Stream? _body;

    public GrpcStream(HttpMessageInvoker invoker, HttpRequestMessage request, GrpcStreamContent content, CancellationToken cancellation)
    {
        _request = request;
        _content = content;
        _end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _pending = invoker.SendAsync(request, _end.Token);
    }

    /// <summary>Sends one message.</summary>
    public Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation) => _content.SendAsync(GrpcFrame.Wrap(message.Span), cancellation);

    /// <summary>Tells the server that no more messages come.</summary>
    public void CompleteSending() => _content.Complete();

    /// <summary>The next message; null when the server ended the call or broke the protocol (then <paramref name="ended"/> gets the cause).</summary>
    public async Task<byte[]?> ReceiveAsync(Action<GrpcReply> ended, CancellationToken cancellation)
    {
        if (_body is null)
        {
            _response = await _pending.WaitAsync(cancellation).ConfigureAwait(false);
            if (!_response.IsSuccessStatusCode)
            {
                ended(new GrpcReply(GrpcCode.Unavailable, Sent: true, $"HTTP {(int)_response.StatusCode}: not an etcd member", []));
                return null;
            }

            _body = await _response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        }

        if (await _body.ReadAtLeastAsync(_prefix, _prefix.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false) < _prefix.Length)
        {
            ended(GrpcTrailers.Read(_response!, []));
            return null;
        }

        var length = GrpcFrame.ReadLength(_prefix);
        if (length < 0)
        {
            ended(new GrpcReply(GrpcCode.Internal, Sent: true, "a compressed or oversized message", []));
            return null;
        }

        var message = new byte[length];
        await _body.ReadExactlyAsync(message, cancellation).ConfigureAwait(false);
        return message;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _content.Complete();
        _end.Cancel();
        _ = _pending.ContinueWith(
            static (task, state) =>
            {
                if (task.IsCompletedSuccessfully)
                    task.Result.Dispose();
                else
                    _ = task.Exception;
                ((CancellationTokenSource)state!).Dispose();
            },
            _end,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        _body?.Dispose();
        _request.Dispose();
    }
}
