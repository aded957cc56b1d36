namespace Pentode.Linux.Tree;

/// <summary>
/// Open file description locks (fcntl F_OFD_*): record locks that belong to an open file instead of a process and conflict with the record
/// locks of every process of the host. Types are 0 read, 1 write, 2 none; results are 0 or a negated errno.
/// </summary>
public static unsafe class DescriptionLocks
{
    private const int TestCommand = 36;
    private const int SetCommand = 37;

    /// <summary>Takes or gives back a range without waiting; -EAGAIN on conflict. Length 0 reaches to the end of the file.</summary>
    public static int Set(int fd, short type, long start, long length)
    {
        var data = new LockData { Type = type, Start = start, Length = length };
        return Call(fd, SetCommand, &data);
    }

    /// <summary>What would stop that lock: changed to its type, range and process (-1 for an open file description); type 2 when nothing would.</summary>
    public static int Test(int fd, ref short type, ref long start, ref long length, out int process)
    {
        var data = new LockData { Type = type, Start = start, Length = length };
        var result = Call(fd, TestCommand, &data);
        (type, start, length, process) = (data.Type, data.Start, data.Length, data.Process);
        return result;
    }

    private static int Call(int fd, int command, LockData* data) =>
        TreeNative.Fcntl(fd, command, (long)data) < 0 ? -System.Runtime.InteropServices.Marshal.GetLastPInvokeError() : 0;
}
