namespace Pentode.Daemon.Services;

/// <summary>An open export as shown by <c>pentode status</c>; the functions read live counts.</summary>
/// <param name="Service">"files" or "blocks".</param>
/// <param name="Name">Name clients use.</param>
/// <param name="Kind">Name of the module.</param>
/// <param name="ReadOnly">Refuses changes.</param>
/// <param name="Size">Bytes; 0 for a tree.</param>
/// <param name="Operations">Requests so far.</param>
/// <param name="BytesRead">Bytes read so far.</param>
/// <param name="BytesWritten">Bytes written so far.</param>
/// <param name="Errors">Requests that failed.</param>
public sealed record ServedExport(
    string Service, string Name, string Kind, bool ReadOnly, long Size, Func<long> Operations, Func<long> BytesRead, Func<long> BytesWritten, Func<long> Errors);
