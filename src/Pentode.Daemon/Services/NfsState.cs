using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pentode.Daemon.Services;

/// <summary>
/// What must outlive the daemon for the handles clients hold: the key that signs them, and the number of each export. A text file of mode 0600:
/// <c>key HEX</c>, then <c>export NUMBER PATH</c> lines. Numbers are never given to another path.
/// </summary>
internal sealed class NfsState
{
    private const int KeySize = 32;
    private const int LargestNumber = 0x7FFF;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;
    private readonly Dictionary<string, ushort> _numbers = new(StringComparer.Ordinal);

    private NfsState(string path, byte[] key)
    {
        _path = path;
        Key = key;
    }

    /// <summary>Signs handles.</summary>
    public byte[] Key { get; }

    /// <summary>Reads the file of a directory, or makes both; else says why not.</summary>
    public static NfsState? Open(string directory, out string problem)
    {
        var path = Path.Combine(directory, "nfs-handles");
        problem = "";
        try
        {
            Directory.CreateDirectory(directory);
            if (!File.Exists(path))
            {
                var made = new NfsState(path, RandomNumberGenerator.GetBytes(KeySize));
                made.Save();
                return made;
            }

            if ((File.GetUnixFileMode(path) & ~OwnerOnly) != 0)
                File.SetUnixFileMode(path, OwnerOnly);
            return Parse(path, out problem);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"cannot use {path}: {e.Message}";
            return null;
        }
    }

    /// <summary>The number of an export, for ever.</summary>
    public ushort NumberOf(string path)
    {
        if (_numbers.TryGetValue(path, out var known))
            return known;
        // The hash of the path, so that two daemons with the same key mostly agree; else the next free one.
        var number = SHA256.HashData(Encoding.UTF8.GetBytes(path)) is [var a, var b, ..] ? (((a << 8) | b) % LargestNumber) + 1 : 1;
        while (_numbers.ContainsValue((ushort)number))
            number = (number % LargestNumber) + 1;
        _numbers.Add(path, (ushort)number);
        return (ushort)number;
    }

    /// <summary>Keeps what was added.</summary>
    public void Save()
    {
        var text = new StringBuilder().Append("key ").Append(Convert.ToHexString(Key)).Append('\n');
        foreach (var (path, number) in _numbers)
            text.Append(CultureInfo.InvariantCulture, $"export {number} {path}\n");
        var written = _path + ".new";
        File.Delete(written);
        using (var stream = new FileStream(written, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
            stream.Flush(flushToDisk: true);
        }

        File.Move(written, _path, overwrite: true);
    }

    private static NfsState? Parse(string path, out string problem)
    {
        NfsState? state = null;
        problem = "";
        foreach (var line in File.ReadAllLines(path))
        {
            var words = line.Split(' ', 3);
            if (words is ["key", { Length: KeySize * 2 } hex] && state is null && hex.All(char.IsAsciiHexDigit))
                state = new NfsState(path, Convert.FromHexString(hex));
            else if (words is ["export", var text, var name] && state is not null && ushort.TryParse(text, out var number) && number is > 0 and <= LargestNumber)
                state._numbers[name] = number;
            else if (line.Length > 0)
                problem = $"{path} is damaged at '{words[0]}': restore it, or remove it and have every client mount anew";
        }

        if (state is null && problem.Length == 0)
            problem = $"{path} has no key: restore it, or remove it and have every client mount anew";
        return problem.Length == 0 ? state : null;
    }
}
