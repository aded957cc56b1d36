using System.Collections.Concurrent;
using System.Text;

namespace Pentode.Core.Diagnostics;

/// <summary>All counters and gauges of one daemon. Thread safe. Hangs off an instance so that one process can hold several daemons.</summary>
public sealed class MetricsRegistry
{
    private readonly ConcurrentDictionary<string, Counter> _counters = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (string Help, Func<long> Read)> _gauges = new(StringComparer.Ordinal);

    /// <summary>The counter of that name, created on first use.</summary>
    public Counter Counter(string name, string help) => _counters.GetOrAdd(name, static (n, h) => new Counter(n, h), help);

    /// <summary>Registers a value that is read when metrics are read.</summary>
    public void Gauge(string name, string help, Func<long> read) => _gauges[name] = (help, read);

    /// <summary>Name and value of everything, by name.</summary>
    public IEnumerable<KeyValuePair<string, long>> Snapshot() =>
        _counters.Select(c => KeyValuePair.Create(c.Key, c.Value.Value))
            .Concat(_gauges.Select(g => KeyValuePair.Create(g.Key, g.Value.Read())))
            .OrderBy(p => p.Key, StringComparer.Ordinal);

    /// <summary>Prometheus text format 0.0.4.</summary>
    public string ToPrometheusText()
    {
        var text = new StringBuilder();
        foreach (var counter in _counters.Values.OrderBy(c => c.Name, StringComparer.Ordinal))
            Append(text, counter.Name + "_total", counter.Help, "counter", counter.Value);
        foreach (var (name, (help, read)) in _gauges.OrderBy(g => g.Key, StringComparer.Ordinal))
            Append(text, name, help, "gauge", read());
        return text.ToString();
    }

    private static void Append(StringBuilder text, string name, string help, string type, long value)
    {
        var prometheusName = name.Replace('.', '_');
        text.Append("# HELP ").Append(prometheusName).Append(' ').Append(help).Append('\n');
        text.Append("# TYPE ").Append(prometheusName).Append(' ').Append(type).Append('\n');
        text.Append(prometheusName).Append(' ').Append(value).Append('\n');
    }
}
