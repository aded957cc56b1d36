using Pentode.Uring;

namespace Pentode.Nbd.Client;

/// <summary>Asks a server what it has.</summary>
public static class NbdListing
{
    // Servers cap the options of one handshake (nbdkit: 32) and an export takes two.
    private const int ExportsPerConnection = 12;

    /// <summary>
    /// Names and descriptions of all exports, with <paramref name="details"/> also all facts of each. A server with thousands of exports takes
    /// a connection for a dozen of them. Any thread but the loop's.
    /// </summary>
    public static async Task<(IReadOnlyList<NbdListedExport>? Exports, NbdProblem? Problem)> ListAsync(
        IoLoop loop, NbdUri uri, bool details, NbdClientOptions? options = null)
    {
        var settings = options ?? new NbdClientOptions();
        List<NbdListedExport>? exports = null;
        var problem = await new NbdDial(loop, uri, settings).RunAsync(async session =>
        {
            exports = await session.Negotiation.List();
            if (exports is null)
                return false;
            await session.Negotiation.Abort();
            return true;
        }).ConfigureAwait(false);
        if (problem is not null || exports is null)
            return (null, problem);
        for (var first = 0; details && first < exports.Count; first += ExportsPerConnection)
        {
            problem = await InspectAsync(loop, uri, settings, exports, first).ConfigureAwait(false);
            if (problem is not null)
                return (null, problem);
        }

        return (exports, null);
    }

    private static Task<NbdProblem?> InspectAsync(IoLoop loop, NbdUri uri, NbdClientOptions options, List<NbdListedExport> exports, int first) =>
        new NbdDial(loop, uri, options).RunAsync(async session =>
        {
            for (var i = first; i < Math.Min(first + ExportsPerConnection, exports.Count); i++)
            {
                if (exports[i].Info is not null)
                    continue;
                var info = await session.Negotiation.Inspect(exports[i].Name);
                exports[i] = exports[i] with { Info = info, Problem = session.Negotiation.Problem };
                if (info is null && session.Negotiation.Problem is { Error: Core.Errno.EPROTO or Core.Errno.ECONNRESET or Core.Errno.ETIMEDOUT })
                    return false;
            }

            await session.Negotiation.Abort();
            return true;
        });
}
