using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Tests.Uring;

/// <summary>Keeps the sockets of a listener. Used on the loop only.</summary>
internal sealed class AcceptLog : IAcceptSink
{
    private TaskCompletionSource? _arrived;
    private int _awaited;

    public List<int> Sockets { get; } = [];

    public TaskCompletionSource<int> Ended { get; } = new();

    public Task CountAsync(int count)
    {
        _awaited = count;
        _arrived = new TaskCompletionSource();
        if (Sockets.Count >= count)
            _arrived.SetResult();
        return _arrived.Task;
    }

    public void OnAccepted(int socket)
    {
        Sockets.Add(socket);
        if (_arrived is not null && Sockets.Count >= _awaited)
            _arrived.TrySetResult();
    }

    public void OnAcceptEnded(int result) => Ended.SetResult(result);

    public void CloseAll()
    {
        foreach (var socket in Sockets)
            FileCalls.Close(socket);
        Sockets.Clear();
    }
}
