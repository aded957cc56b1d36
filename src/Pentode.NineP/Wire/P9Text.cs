using System.Globalization;
using System.Text;
using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>Requests as one line of text, for traces: <c>Twalk tag=3 fid=0 newfid=1 names=a/b</c>. Never throws: a body that is too short ends with "…".</summary>
public static class P9Text
{
    private const int MaximumText = 256;

    // name:kind; kinds: 1 2 4 8 decimal of so many bytes, x X hexadecimal of 4 and 8, o octal of 4, s string, n names of a walk, d data.
    private static readonly Dictionary<P9Type, string[]> s_layouts = new()
    {
        [P9Type.Tversion] = ["msize:4", "version:s"],
        [P9Type.Tauth] = ["afid:4", "uname:s", "aname:s", "n_uname:4"],
        [P9Type.Tattach] = ["fid:4", "afid:4", "uname:s", "aname:s", "n_uname:4"],
        [P9Type.Tflush] = ["oldtag:2"],
        [P9Type.Twalk] = ["fid:4", "newfid:4", "names:n"],
        [P9Type.Tread] = ["fid:4", "offset:8", "count:4"],
        [P9Type.Twrite] = ["fid:4", "offset:8", "count:d"],
        [P9Type.Tclunk] = ["fid:4"],
        [P9Type.Tremove] = ["fid:4"],
        [P9Type.Tstatfs] = ["fid:4"],
        [P9Type.Tlopen] = ["fid:4", "flags:x"],
        [P9Type.Tlcreate] = ["fid:4", "name:s", "flags:x", "mode:o", "gid:4"],
        [P9Type.Tsymlink] = ["dfid:4", "name:s", "symtgt:s", "gid:4"],
        [P9Type.Tmknod] = ["dfid:4", "name:s", "mode:o", "major:4", "minor:4", "gid:4"],
        [P9Type.Trename] = ["fid:4", "newdirfid:4", "name:s"],
        [P9Type.Treadlink] = ["fid:4"],
        [P9Type.Tgetattr] = ["fid:4", "request_mask:X"],
        [P9Type.Tsetattr] =
        [
            "fid:4", "valid:x", "mode:o", "uid:4", "gid:4", "size:8", "atime_sec:8", "atime_nsec:8", "mtime_sec:8", "mtime_nsec:8",
        ],
        [P9Type.Txattrwalk] = ["fid:4", "newfid:4", "name:s"],
        [P9Type.Txattrcreate] = ["fid:4", "name:s", "attr_size:8", "flags:x"],
        [P9Type.Treaddir] = ["fid:4", "offset:8", "count:4"],
        [P9Type.Tfsync] = ["fid:4", "datasync:4"],
        [P9Type.Tlock] = ["fid:4", "type:1", "flags:x", "start:8", "length:8", "proc_id:4", "client_id:s"],
        [P9Type.Tgetlock] = ["fid:4", "type:1", "start:8", "length:8", "proc_id:4", "client_id:s"],
        [P9Type.Tlink] = ["dfid:4", "fid:4", "name:s"],
        [P9Type.Tmkdir] = ["dfid:4", "name:s", "mode:o", "gid:4"],
        [P9Type.Trenameat] = ["olddirfid:4", "oldname:s", "newdirfid:4", "newname:s"],
        [P9Type.Tunlinkat] = ["dirfid:4", "name:s", "flags:x"],
    };

    /// <summary>The request in words; <paramref name="body"/> is what follows the header.</summary>
    public static string Describe(P9Type type, ushort tag, ReadOnlySpan<byte> body)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{type} tag={tag}");
        if (!s_layouts.TryGetValue(type, out var fields))
            return text.Append(CultureInfo.InvariantCulture, $" {body.Length} bytes").ToString();
        var reader = new LittleEndianReader(body);
        foreach (var field in fields)
        {
            var colon = field.IndexOf(':', StringComparison.Ordinal);
            var value = Value(ref reader, field[colon + 1]);
            if (reader.IsOverrun)
                return text.Append(" …").ToString();
            text.Append(' ').Append(field.AsSpan(0, colon)).Append('=').Append(value);
        }

        return text.ToString();
    }

    private static string Value(ref LittleEndianReader reader, char kind) => kind switch
    {
        '1' => Text(reader.U8()),
        '2' => Text(reader.U16()),
        '4' => reader.U32() is var number && number == uint.MaxValue ? "none" : Text(number),
        '8' => Text(reader.U64()),
        'x' => "0x" + reader.U32().ToString("x", CultureInfo.InvariantCulture),
        'X' => "0x" + reader.U64().ToString("x", CultureInfo.InvariantCulture),
        'o' => "0" + Convert.ToString(reader.U32(), 8),
        'n' => Names(ref reader),
        'd' => Text(reader.U32()),
        _ => Clip(reader.Str()),
    };

    private static string Names(ref LittleEndianReader reader)
    {
        var names = new StringBuilder();
        for (var left = Math.Min((int)reader.U16(), P9Limits.MaxWalkNames); left > 0 && !reader.IsOverrun; left--)
            names.Append(names.Length > 0 ? "/" : "").Append(Clip(reader.Str()));
        return names.ToString();
    }

    private static string Clip(ReadOnlySpan<byte> text) =>
        text.Length <= MaximumText ? Encoding.UTF8.GetString(text) : Encoding.UTF8.GetString(text[..MaximumText]) + "…";

    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
