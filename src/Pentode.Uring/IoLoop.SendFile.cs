namespace Pentode.Uring;

/// <content>Sending pages of a file without copying them.</content>
public abstract partial class IoLoop
{
    private readonly Stack<FileSend> _idleFileSends = new();
    private readonly List<FileSend> _fileSends = [];

    /// <summary>
    /// Sends <paramref name="head"/>, then <paramref name="length"/> bytes of a file; what is missing behind the end of the file is sent as
    /// zeros. For ranges that are in memory (<see cref="Pentode.Linux.SpliceCalls.IsCached"/>): pages move to the socket without a copy, on this thread; a
    /// full socket is waited for, a slow disk would stall the loop. The result is the number of bytes sent or a negative errno, after
    /// which the socket is in an undefined place of its stream. One send at a time per socket. Needs <see cref="Pentode.Linux.SpliceCalls.IsSupported"/>.
    /// </summary>
    public void SendFile(int socket, ReadOnlyMemory<byte> head, int file, long offset, int length, IoCompletion completion)
    {
        var send = _idleFileSends.TryPop(out var idle) ? idle : new FileSend(this);
        _fileSends.Add(send);
        send.Begin(socket, head, file, offset, length, completion);
    }

    /// <summary>Ends a <see cref="SendFile"/> early that waits for its socket; its completion hears of it.</summary>
    public void CancelSendFile(IoCompletion completion)
    {
        foreach (var send in _fileSends)
        {
            if (send.Cancel(completion))
                return;
        }
    }

    /// <summary>Frees the pipes of <see cref="SendFile"/>; engines call it when they stop.</summary>
    protected void CloseFileSends()
    {
        while (_idleFileSends.TryPop(out var idle))
            idle.Close();
    }

    /// <summary>A send is over: its object waits for the next one, its completion hears of it.</summary>
    internal void EndFileSend(FileSend send, IoCompletion completion, int result)
    {
        _fileSends.Remove(send);
        _idleFileSends.Push(send);
        Deliver(completion, result);
    }
}
