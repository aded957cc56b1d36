using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Pentode.Daemon.Configuration;

/// <summary>
/// Reads one mapping of a configuration file: each typed getter remembers its key, and <see cref="Finish"/> refuses every key nobody asked
/// for. Errors gather in the list given, so that the user sees all of them at once.
/// </summary>
internal sealed class ConfigurationSection
{
    private readonly string _file;
    private readonly string _what;
    private readonly YamlNode _node;
    private readonly List<ConfigurationError> _errors;
    private readonly Dictionary<string, YamlNode> _values = new(StringComparer.Ordinal);
    private readonly List<YamlScalarNode> _keys = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Reads <paramref name="node"/>, which may turn out not to be a mapping; <paramref name="what"/> names it in messages.</summary>
    public ConfigurationSection(string file, string what, YamlNode node, List<ConfigurationError> errors)
    {
        _file = file;
        _what = what;
        _node = node;
        _errors = errors;
        if (node is not YamlMappingNode mapping)
        {
            // An empty section ("files:") is an empty mapping.
            if (node is not YamlScalarNode { Value: null or "" })
                Refuse(node, $"{what} must be a list of 'key: value' lines");
            return;
        }

        foreach (var (key, value) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: { } name } scalar)
            {
                _keys.Add(scalar);
                _values[name] = value;
            }
            else
            {
                Refuse(key, $"a key of {what} must be a plain word");
            }
        }
    }

    /// <summary>Adds an error at a node.</summary>
    public void Refuse(YamlNode at, string message) => Add(at.Start, message);

    /// <summary>Adds an error at the value of a key, or at the section when the key is absent.</summary>
    public void RefuseKey(string key, string message) => Refuse(_values.GetValueOrDefault(key, _node), message);

    /// <summary>True when the key is there.</summary>
    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>A text, or the default.</summary>
    public string? Text(string key, string? fallback = null)
    {
        if (Take(key) is not { } node)
            return fallback;
        if (node is YamlScalarNode { Value: { } text })
            return text;
        Refuse(node, $"'{key}' must be a text");
        return fallback;
    }

    /// <summary>The value of a key as it stands, or null when absent.</summary>
    public YamlNode? Node(string key) => Take(key);

    /// <summary>true or false.</summary>
    public bool Flag(string key, bool fallback = false)
    {
        if (Take(key) is not { } node)
            return fallback;
        switch ((node as YamlScalarNode)?.Value?.ToLowerInvariant())
        {
            case "true" or "yes" or "on":
                return true;
            case "false" or "no" or "off":
                return false;
            default:
                Refuse(node, $"'{key}' must be true or false");
                return fallback;
        }
    }

    /// <summary>A whole number in a range.</summary>
    public int Number(string key, int fallback, int minimum, int maximum)
    {
        if (Take(key) is not { } node)
            return fallback;
        if (int.TryParse((node as YamlScalarNode)?.Value, out var number) && number >= minimum && number <= maximum)
            return number;
        Refuse(node, $"'{key}' must be a whole number from {minimum} to {maximum}");
        return fallback;
    }

    /// <summary>A size such as 64KiB.</summary>
    public long Size(string key, long fallback)
    {
        if (Take(key) is not { } node)
            return fallback;
        if (node is YamlScalarNode { Value: { } text } && Quantity.TryParseSize(text, out var bytes))
            return bytes;
        Refuse(node, $"'{key}' must be a size such as 64KiB, 512MiB or 1GiB");
        return fallback;
    }

    /// <summary>A duration such as 30s.</summary>
    public TimeSpan Duration(string key, TimeSpan fallback)
    {
        if (Take(key) is not { } node)
            return fallback;
        if (node is YamlScalarNode { Value: { } text } && Quantity.TryParseDuration(text, out var duration))
            return duration;
        Refuse(node, $"'{key}' must be a duration such as 250ms, 30s or 5m");
        return fallback;
    }

    /// <summary>One of some words.</summary>
    public string Choice(string key, string fallback, params string[] choices)
    {
        if (Take(key) is not { } node)
            return fallback;
        var text = (node as YamlScalarNode)?.Value ?? "";
        if (choices.Contains(text, StringComparer.Ordinal))
            return text;
        Refuse(node, $"'{key}' cannot be '{text}': {string.Join(", ", choices)}{NearestName.Hint(text, choices)}");
        return fallback;
    }

    /// <summary>Some of the words of a list, each once; a single one needs no list.</summary>
    public IReadOnlyList<string> Words(string key, IReadOnlyList<string> choices)
    {
        var words = new List<string>();
        foreach (var node in List(key, single: true) ?? [])
        {
            var text = (node as YamlScalarNode)?.Value ?? "";
            if (!choices.Contains(text, StringComparer.Ordinal))
                Refuse(node, $"'{key}' cannot contain '{text}': {string.Join(", ", choices)}{NearestName.Hint(text, choices)}");
            else if (!words.Contains(text, StringComparer.Ordinal))
                words.Add(text);
        }

        return words;
    }

    /// <summary>The items of a list; one value counts as a list of one. Null when the key is absent.</summary>
    public IReadOnlyList<YamlNode>? List(string key, bool single = false)
    {
        if (Take(key) is not { } node)
            return null;
        if (node is YamlSequenceNode sequence)
            return [.. sequence.Children];
        if (node is YamlScalarNode { Value: null or "" })
            return [];
        if (single)
            return [node];
        Refuse(node, $"'{key}' must be a list: one '- ' line for each item");
        return [];
    }

    /// <summary>A section below this one, or null when absent.</summary>
    public ConfigurationSection? Section(string key) => Take(key) is { } node ? Item(node, $"'{key}'") : null;

    /// <summary>An item of a list as a section.</summary>
    public ConfigurationSection Item(YamlNode node, string what) => new(_file, what, node, _errors);

    /// <summary>Refuses unknown keys.</summary>
    public void Finish()
    {
        foreach (var key in _keys.Where(k => !_known.Contains(k.Value!)))
        {
            var hint = NearestName.Hint(key.Value!, _known.Where(k => !_values.ContainsKey(k)));
            Refuse(key, $"unknown key '{key.Value}' in {_what}{(hint.Length > 0 ? hint : $"; known are {string.Join(", ", _known)}")}");
        }
    }

    private YamlNode? Take(string key)
    {
        _known.Add(key);
        return _values.GetValueOrDefault(key);
    }

    private void Add(Mark mark, string message) => _errors.Add(new ConfigurationError(_file, mark.Line, mark.Column, message));
}
