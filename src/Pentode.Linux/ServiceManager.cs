using System.Globalization;
using System.Text;

namespace Pentode.Linux;

/// <summary>
/// What a service manager says and hears (sd_listen_fds(3), sd_notify(3)): sockets handed over at the start, and news of the state. Without
/// one, all of it does nothing.
/// </summary>
public static class ServiceManager
{
    private const int FirstDescriptor = 3;
    private const int MostDescriptors = 1024;

    /// <summary>
    /// Descriptors handed over to this very process, from 3 on; the variables are removed, so that a second call and children get none.
    /// They are the caller's to check and to close.
    /// </summary>
    public static IReadOnlyList<int> TakeSockets()
    {
        var process = Environment.GetEnvironmentVariable("LISTEN_PID");
        var count = Environment.GetEnvironmentVariable("LISTEN_FDS");
        foreach (var name in new[] { "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID" })
            Environment.SetEnvironmentVariable(name, null);
        var isOurs = int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id == Environment.ProcessId;
        return isOurs && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= MostDescriptors
            ? [.. Enumerable.Range(FirstDescriptor, number)]
            : [];
    }

    /// <summary>Sends a state such as "READY=1" to $NOTIFY_SOCKET; without one, or when nobody hears, nothing happens.</summary>
    public static void Notify(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } path || path[0] is not ('/' or '@'))
            return;
        var address = Sockets.UnixAddress(path);
        if (address.Length > 0)
            Send(address, Encoding.UTF8.GetBytes(state));
    }

    private static unsafe void Send(byte[] address, byte[] text)
    {
        const int unix = 1, datagramCloseOnExec = 2 | 0x80000, noSignal = 0x4000;
        var socket = NativeSocket.Socket(unix, datagramCloseOnExec, 0);
        if (socket < 0)
            return;
        fixed (byte* name = address)
        fixed (byte* data = text)
        {
            var part = new IoVector { Base = data, Length = (nuint)text.Length };
            MessageHeader message = default;
            message.Name = name;
            message.NameLength = (uint)address.Length;
            message.Vectors = &part;
            message.VectorCount = 1;
            _ = NativeSocket.SendMsg(socket, &message, noSignal);
        }

        FileCalls.Close(socket);
    }
}
