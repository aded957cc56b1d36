namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>
/// WatchCreateRequest: key 1, range_end 2, start_revision 3, progress_notify 4; sent inside WatchRequest's create_request = 1.
/// </summary>
/// <param name="Key">The key, or the first of a range.</param>
/// <param name="RangeEnd">Empty for one key.</param>
/// <param name="StartRevision">First revision of interest; 0 is from now on.</param>
/// <param name="ProgressNotify">Asks for empty answers now and then while nothing happens.</param>
internal readonly record struct WatchCreateRequest(byte[] Key, byte[] RangeEnd, long StartRevision, bool ProgressNotify)
{
    /// <summary>WatchRequest with progress_request = 3: asks for an empty answer now.</summary>
    public static ReadOnlyMemory<byte> Progress { get; } = new byte[] { 0x1a, 0x00 };

    /// <summary>Appends a WatchRequest that holds this.</summary>
    public void Write(ProtoWriter writer)
    {
        var start = writer.Begin(1);
        writer.Bytes(1, Key);
        writer.Bytes(2, RangeEnd);
        writer.Number(3, StartRevision);
        writer.Flag(4, ProgressNotify);
        writer.End(start);
    }
}
