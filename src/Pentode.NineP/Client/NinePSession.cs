using Pentode.Core;
using Pentode.Uring;

namespace Pentode.NineP.Client;

/// <summary>A connection attached to an export, as a <see cref="NinePUri"/> says.</summary>
public sealed class NinePSession
{
    private NinePSession(NinePClient client, NinePNode root, IReadOnlyList<byte[]> path)
    {
        Client = client;
        Root = root;
        Path = path;
    }

    /// <summary>The connection; close it when done.</summary>
    public NinePClient Client { get; }

    /// <summary>What was attached.</summary>
    public NinePNode Root { get; }

    /// <summary>What of the path is left to walk from <see cref="Root"/>.</summary>
    public IReadOnlyList<byte[]> Path { get; }

    /// <summary>
    /// Connects and attaches as <paramref name="userName"/> and <paramref name="uid"/> unless the URI says otherwise. Without an aname the whole path is
    /// tried, then its parents, then the server's default export.
    /// </summary>
    public static async Task<Result<NinePSession>> OpenAsync(IoLoop loop, NinePUri uri, NinePClientOptions options, string userName, uint uid)
    {
        options = options with { Msize = uri.Msize ?? options.Msize };
        var connected = uri.Socket is { } socket
            ? await NinePConnector.ConnectUnixAsync(loop, socket, options).ConfigureAwait(true)
            : await NinePConnector.ConnectTcpAsync(loop, uri.Host, uri.Port, options).ConfigureAwait(true);
        if (!connected.IsOk)
            return connected.Error;
        var client = connected.Value;

        // A name alone leaves the number to the server.
        uint? number = uri.Uid ?? (uri.UserName is null ? uid : null);
        var session = await AttachAsync(client, uri, uri.UserName ?? userName, number).ConfigureAwait(true);
        if (!session.IsOk)
            await client.CloseAsync().ConfigureAwait(true);
        return session;
    }

    private static async Task<Result<NinePSession>> AttachAsync(NinePClient client, NinePUri uri, string userName, uint? uid)
    {
        if (uri.AttachName is { } name)
        {
            var root = await client.Attach(userName, uid, name).ConfigureAwait(true);
            return root.IsOk ? new NinePSession(client, root.Value, uri.Path) : root.Error;
        }

        var first = Errno.None;
        NinePSession? file = null;
        for (var count = uri.Path.Count; count >= 0; count--)
        {
            var root = await client.Attach(userName, uid, Join(uri.Path, count)).ConfigureAwait(true);
            if (client.Error != Errno.None)
                return client.Error;
            if (root.IsOk)
            {
                var session = new NinePSession(client, root.Value, [.. uri.Path.Skip(count)]);

                // A file is better reached from its directory: it may be a link, which some servers follow when it is attached.
                if ((root.Value.Qid.Type & Wire.Qid.Directory) != 0)
                {
                    if (file is not null && count > 0)
                        client.Forget(file.Root.Fid);
                    return file is not null && count == 0 ? file : session;
                }

                if (file is null)
                    file = session;
                else
                    client.Forget(root.Value.Fid);
                continue;
            }

            if (first == Errno.None)
                first = root.Error;
        }

        return file is not null ? file : first;
    }

    /// <summary>"/a/b" of the first names; "" of none, which asks for the default export.</summary>
    private static byte[] Join(IReadOnlyList<byte[]> names, int count)
    {
        var joined = new List<byte>();
        for (var i = 0; i < count; i++)
        {
            joined.Add((byte)'/');
            joined.AddRange(names[i]);
        }

        return [.. joined];
    }
}
