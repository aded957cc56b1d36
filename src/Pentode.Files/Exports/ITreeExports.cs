using System.Net;

namespace Pentode.Files.Exports;

/// <summary>
/// Which trees a host may have now, and how: what a front end asks that knows its clients by address (MOUNT, and again on every call). One
/// table may give the same tree to one host with everything allowed and to another with less. Any thread; a call does no I/O.
/// </summary>
public interface ITreeExports
{
    /// <summary>What the host at that address may mount, most general first; empty for nothing. IPv4 addresses mapped into IPv6 count as IPv4.</summary>
    IReadOnlyList<TreeGrant> For(IPAddress client);

    /// <summary>Grows whenever an answer of <see cref="For"/> may have changed: answers may be kept until then.</summary>
    long Version { get; }

    /// <summary>Every path there is with the words of the hosts that may mount it, for clients that ask what they could mount; may leave out what nobody shall know.</summary>
    IReadOnlyList<(string Path, IReadOnlyList<string> Hosts)> Listing => [];
}
