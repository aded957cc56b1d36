using System.Globalization;
using System.Text;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.Files;
using Pentode.NineP.Client;

namespace Pentode.Cli.Commands.Files;

/// <summary>What comes from a server, for people's eyes.</summary>
internal static class RemoteText
{
    /// <summary>A name without control characters: a terminal obeys them.</summary>
    public static string Name(ReadOnlySpan<byte> name) => Clean(Encoding.UTF8.GetString(name));

    /// <inheritdoc cref="Name"/>
    public static string Clean(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));

    /// <summary>Writes "pentode: WHAT: the error in words (ENAME)".</summary>
    public static void Report(string what, Errno error) => Report(what, ErrnoText.Describe(error));

    /// <summary>Writes "pentode: WHAT: WHY".</summary>
    public static void Report(string what, string why) => Console.Error.WriteLine($"pentode: {Clean(what)}: {why}");

    /// <summary>"drwxr-xr-x".</summary>
    public static string Mode(uint mode)
    {
        Span<char> text = stackalloc char[10];
        text[0] = (mode & 0xF000) switch
        {
            0x4000 => 'd', 0x8000 => '-', 0xA000 => 'l', 0x6000 => 'b', 0x2000 => 'c', 0x1000 => 'p', 0xC000 => 's', _ => '?',
        };
        for (var i = 0; i < 9; i++)
            text[1 + i] = (mode & (0x100u >> i)) != 0 ? "rwxrwxrwx"[i] : '-';
        Special(text, mode, 0x800, 3, 's');
        Special(text, mode, 0x400, 6, 's');
        Special(text, mode, 0x200, 9, 't');
        return new string(text);
    }

    /// <summary>"directory", "regular file" and so on.</summary>
    public static string Type(uint mode) => (mode & 0xF000) switch
    {
        0x4000 => "directory",
        0x8000 => "regular file",
        0xA000 => "symbolic link",
        0x6000 => "block device",
        0x2000 => "character device",
        0x1000 => "fifo",
        0xC000 => "socket",
        _ => "unknown",
    };

    /// <summary>Local time; the number of seconds where a calendar has no such day.</summary>
    public static string Time(FileTime time, string format)
    {
        if (time.Seconds is < -62135596800 or > 253402300799)
            return time.Seconds.ToString(CultureInfo.InvariantCulture);
        var at = DateTimeOffset.FromUnixTimeSeconds(time.Seconds).AddTicks(time.Nanoseconds / 100);
        return TimeZoneInfo.ConvertTime(at, TimeZoneInfo.Local).ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>Time of JSON: UTC, to the nanosecond.</summary>
    public static string Iso(FileTime time)
    {
        if (time.Seconds is < -62135596800 or > 253402300799)
            return time.Seconds.ToString(CultureInfo.InvariantCulture);
        var whole = DateTimeOffset.FromUnixTimeSeconds(time.Seconds).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{whole}.{time.Nanoseconds:D9}Z");
    }

    /// <summary>The members every JSON object of a file has.</summary>
    public static void WriteJson(System.Text.Json.Utf8JsonWriter json, ReadOnlySpan<byte> name, in NinePAttributes attributes, byte[]? target)
    {
        WriteName(json, "name", name);
        json.WriteString("type", Type(attributes.Mode));
        json.WriteString("mode", Convert.ToString(attributes.Mode & 0xFFF, 8).PadLeft(4, '0'));
        json.WriteNumber("uid", attributes.Uid);
        json.WriteNumber("gid", attributes.Gid);
        json.WriteNumber("links", attributes.LinkCount);
        json.WriteNumber("size_bytes", attributes.Length);
        json.WriteString("modified", Iso(attributes.ModifyTime));
        if (target is not null)
            WriteName(json, "target", target);
    }

    /// <summary>A name as text, and as base64 besides when it is not UTF-8.</summary>
    public static void WriteName(System.Text.Json.Utf8JsonWriter json, string key, ReadOnlySpan<byte> name)
    {
        json.WriteString(key, Encoding.UTF8.GetString(name));
        if (!System.Text.Unicode.Utf8.IsValid(name))
            json.WriteBase64String(key + "_base64", name);
    }

    private static void Special(Span<char> text, uint mode, uint bit, int at, char letter)
    {
        if ((mode & bit) != 0)
            text[at] = text[at] == 'x' ? letter : char.ToUpperInvariant(letter);
    }
}
