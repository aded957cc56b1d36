namespace Pentode.Uring;

/// <summary>The awaitable forms. Await each result exactly once, on the loop.</summary>
public abstract partial class IoLoop
{
    /// <inheritdoc cref="Connect"/>
    public ValueTask<int> ConnectAsync(int socket, ReadOnlySpan<byte> address)
    {
        var operation = IoOperation.Rent();
        Connect(socket, address, operation);
        return operation.Task;
    }

    /// <inheritdoc cref="Receive"/>
    public ValueTask<int> ReceiveAsync(int socket, Memory<byte> buffer, bool waitAll = false)
    {
        var operation = IoOperation.Rent();
        Receive(socket, buffer, operation, waitAll);
        return operation.Task;
    }

    /// <inheritdoc cref="Send"/>
    public ValueTask<int> SendAsync(int socket, ReadOnlyMemory<byte> buffer)
    {
        var operation = IoOperation.Rent();
        Send(socket, buffer, operation);
        return operation.Task;
    }

    /// <inheritdoc cref="Read"/>
    public ValueTask<int> ReadAsync(int file, Memory<byte> buffer, long offset)
    {
        var operation = IoOperation.Rent();
        Read(file, buffer, offset, operation);
        return operation.Task;
    }

    /// <inheritdoc cref="Write"/>
    public ValueTask<int> WriteAsync(int file, ReadOnlyMemory<byte> buffer, long offset, bool dataSync)
    {
        var operation = IoOperation.Rent();
        Write(file, buffer, offset, dataSync, operation);
        return operation.Task;
    }

    /// <inheritdoc cref="Fsync"/>
    public ValueTask<int> FsyncAsync(int file, bool dataOnly)
    {
        var operation = IoOperation.Rent();
        Fsync(file, dataOnly, operation);
        return operation.Task;
    }

    /// <inheritdoc cref="Fallocate"/>
    public ValueTask<int> FallocateAsync(int file, int mode, long offset, long length)
    {
        var operation = IoOperation.Rent();
        Fallocate(file, mode, offset, length, operation);
        return operation.Task;
    }

    /// <inheritdoc cref="Delay"/>
    public ValueTask<int> DelayAsync(long milliseconds)
    {
        var operation = IoOperation.Rent();
        Delay(milliseconds, operation);
        return operation.Task;
    }

    /// <inheritdoc cref="RunBlocking"/>
    public ValueTask<int> RunBlockingAsync(Func<object?, int> job, object? state)
    {
        var operation = IoOperation.Rent();
        RunBlocking(job, state, operation);
        return operation.Task;
    }
}
