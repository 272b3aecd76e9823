"""Orders, their results' way back, prescriptions, reconciliation, and what warns of a drug."""

import django.db.models.deletion
import emr.shared.fields
import emr.shared.records
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_supervisors'),
        ('clinic', '0018_structured_notes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='KnowledgeBase',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('interactions', 'Drug interactions'), ('ingredients', 'Ingredients of drugs'), ('classes', 'Drug and allergy classes')], max_length=12)),
                ('name', models.CharField(max_length=120)),
                ('version', models.CharField(max_length=60)),
                ('licence', models.CharField(blank=True, max_length=300)),
                ('sha256', models.CharField(max_length=64)),
                ('rows', models.PositiveIntegerField()),
                ('imported_at', models.DateTimeField(auto_now_add=True)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-imported_at'],
            },
        ),
        migrations.CreateModel(
            name='KnowledgeLink',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('first_system', models.CharField(max_length=200)),
                ('first_code', models.CharField(max_length=64)),
                ('second_system', models.CharField(max_length=200)),
                ('second_code', models.CharField(max_length=64)),
                ('level', models.CharField(blank=True, choices=[('note', 'For information'), ('warning', 'Warning'), ('stop', 'Needs a reason')], max_length=7)),
                ('text', models.CharField(blank=True, max_length=1000)),
            ],
        ),
        migrations.CreateModel(
            name='MedicationReconciliation',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('source', models.CharField(choices=[('patient', 'What the patient says'), ('bottles', 'Bottles or a list that the patient brought'), ('pharmacy', "The pharmacy's record"), ('discharge', "A hospital's discharge list")], default='patient', max_length=9)),
                ('comment', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='MedicationReconciliationItem',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('outcome', models.CharField(choices=[('continue', 'Goes on'), ('change', 'Changed'), ('stop', 'Stopped'), ('add', 'Added')], max_length=8)),
                ('before', models.CharField(blank=True, max_length=700)),
                ('comment', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['created_at'],
            },
        ),
        migrations.CreateModel(
            name='MedicationRequest',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('entered_in_error_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('entered_in_error_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('number', models.CharField(editable=False, max_length=20, unique=True)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('active', 'Signed'), ('completed', 'Completed'), ('cancelled', 'Cancelled'), ('stopped', 'Stopped'), ('entered-in-error', 'Entered in error')], default='draft', max_length=16)),
                ('status_reason', models.CharField(blank=True, max_length=300)),
                ('system', models.CharField(blank=True, max_length=200)),
                ('code', models.CharField(blank=True, max_length=64)),
                ('display', models.CharField(max_length=500)),
                ('dosage_text', models.CharField(max_length=500, verbose_name='directions')),
                ('quantity', emr.shared.fields.ExactDecimalField(decimal_places=10, max_digits=30)),
                ('quantity_unit', models.CharField(max_length=40)),
                ('days_supply', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('refills', models.PositiveSmallIntegerField(default=0)),
                ('substitution_allowed', models.BooleanField(default=True)),
                ('schedule', models.CharField(blank=True, choices=[('2', 'Schedule II'), ('3', 'Schedule III'), ('4', 'Schedule IV'), ('5', 'Schedule V')], max_length=1)),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='for')),
                ('note_to_pharmacist', models.CharField(blank=True, max_length=200)),
                ('signed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('method', models.CharField(blank=True, choices=[('printed', 'Printed'), ('phoned', 'Phoned'), ('faxed', 'Faxed'), ('sent', 'Sent electronically')], max_length=7)),
                ('transmitted_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='PrescriptionPrint',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('copy', models.PositiveSmallIntegerField()),
                ('reason', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['copy'],
            },
        ),
        migrations.CreateModel(
            name='RefillRequest',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('source', models.CharField(choices=[('patient', 'Patient'), ('pharmacy', 'Pharmacy'), ('staff', 'Staff')], default='patient', max_length=8)),
                ('comment', models.CharField(blank=True, max_length=500)),
                ('status', models.CharField(choices=[('requested', 'Waiting'), ('accepted', 'Approved'), ('rejected', 'Denied'), ('cancelled', 'Taken back')], default='requested', max_length=9)),
                ('decided_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('decision_reason', models.CharField(blank=True, editable=False, max_length=300)),
            ],
            options={
                'ordering': ['created_at'],
            },
        ),
        migrations.CreateModel(
            name='SafetyOverride',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('kind', models.CharField(choices=[('allergy', 'Allergy'), ('duplicate', 'Duplicate therapy'), ('interaction', 'Interaction')], max_length=11)),
                ('level', models.CharField(choices=[('note', 'For information'), ('warning', 'Warning'), ('stop', 'Needs a reason')], max_length=7)),
                ('against', models.CharField(max_length=500)),
                ('message', models.CharField(max_length=1000)),
                ('source', models.CharField(max_length=200)),
                ('reason', models.CharField(choices=[('tolerated', 'Has tolerated it before'), ('benefit', 'The benefit outweighs the risk'), ('monitored', 'Will be monitored'), ('no-alternative', 'There is no alternative'), ('not-true', 'The warning does not apply to this patient'), ('intended', 'Both are intended')], max_length=14)),
                ('comment', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='ServiceRequest',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('entered_in_error_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('entered_in_error_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('system', models.CharField(blank=True, max_length=200)),
                ('code', models.CharField(blank=True, max_length=64)),
                ('display', models.CharField(max_length=500)),
                ('number', models.CharField(editable=False, max_length=20, unique=True)),
                ('category', models.CharField(choices=[('laboratory', 'Laboratory'), ('imaging', 'Imaging'), ('procedure', 'Procedure'), ('referral', 'Referral'), ('equipment', 'Equipment')], max_length=10)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('active', 'Open'), ('on-hold', 'On hold'), ('revoked', 'Cancelled'), ('completed', 'Done'), ('entered-in-error', 'Entered in error')], default='draft', max_length=16)),
                ('status_reason', models.CharField(blank=True, max_length=300)),
                ('step', models.CharField(choices=[('ordered', 'Ordered'), ('sent', 'Sent'), ('scheduled', 'Scheduled'), ('collected', 'Specimen taken'), ('partial', 'Partly back'), ('received', 'Back')], default='ordered', max_length=9)),
                ('priority', models.CharField(choices=[('routine', 'Routine'), ('urgent', 'Urgent'), ('asap', 'As soon as possible'), ('stat', 'Stat')], default='routine', max_length=7)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('instructions', models.CharField(blank=True, max_length=500)),
                ('performer', models.CharField(blank=True, max_length=120)),
                ('performer_contact', models.CharField(blank=True, max_length=200)),
                ('occurrence_date', models.DateField(blank=True, null=True, verbose_name='to be done on')),
                ('scheduled_on', models.DateField(blank=True, null=True)),
                ('signed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('completed_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='ServiceRequestReason',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('system', models.CharField(blank=True, max_length=200)),
                ('code', models.CharField(blank=True, max_length=64)),
                ('display', models.CharField(max_length=500)),
                ('rank', models.PositiveSmallIntegerField()),
            ],
            options={
                'ordering': ['rank'],
            },
        ),
        migrations.AddField(
            model_name='diagnosticreport',
            name='identifier_system',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='diagnosticreport',
            name='identifier_value',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name='diagnosticreport',
            name='needs_review',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='diagnosticreport',
            name='performer',
            field=models.CharField(blank=True, max_length=120, verbose_name='performed by'),
        ),
        migrations.AddField(
            model_name='diagnosticreport',
            name='released_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='diagnosticreport',
            name='released_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='diagnosticreport',
            name='review_comment',
            field=models.CharField(blank=True, editable=False, max_length=500),
        ),
        migrations.AddField(
            model_name='diagnosticreport',
            name='reviewed_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='diagnosticreport',
            name='reviewed_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='immunization',
            name='funding',
            field=models.CharField(blank=True, choices=[('V01', 'Not eligible: private stock'), ('V02', 'Medicaid'), ('V03', 'Uninsured'), ('V04', 'American Indian or Alaska Native'), ('V05', 'Underinsured, at a federally qualified center')], max_length=4),
        ),
        migrations.AddField(
            model_name='immunization',
            name='information_source',
            field=models.CharField(blank=True, choices=[('01', "Another provider's record"), ('02', "The patient's or parents' written record"), ('03', "The patient's or parents' memory"), ('04', 'An immunization registry'), ('00', 'Not specified')], max_length=8),
        ),
        migrations.AddField(
            model_name='immunization',
            name='ndc',
            field=models.CharField(blank=True, help_text='National Drug Code, 11 digits: 5-4-2.', max_length=13, verbose_name='NDC'),
        ),
        migrations.AddField(
            model_name='immunization',
            name='orderer',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.practitioner'),
        ),
        migrations.AddField(
            model_name='immunization',
            name='refusal_reason',
            field=models.CharField(blank=True, choices=[('IMMUNE', 'Immune already'), ('MEDPREC', 'Medical reason'), ('OSTOCK', 'Out of stock'), ('PATOBJ', 'The patient objects'), ('RELIG', 'Religious objection'), ('PHILISOP', 'Philosophical objection')], max_length=10),
        ),
        migrations.AddField(
            model_name='immunization',
            name='vis_edition',
            field=models.DateField(blank=True, null=True, verbose_name='VIS edition'),
        ),
        migrations.AddField(
            model_name='immunization',
            name='vis_given_on',
            field=models.DateField(blank=True, null=True, verbose_name='VIS given on'),
        ),
        migrations.AddField(
            model_name='observation',
            name='sub_id',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='observation',
            name='superseded_by',
            field=models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='supersedes', to='clinic.observation'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='diagnosticreport',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='9b91c35038a6fe6c42dc04dc8effd2c276275e96', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_fa13a', table='clinic_diagnosticreport', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='immunization',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='9d42c70b0f2840d7cdda6874e83135c0424c63e4', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_59974', table='clinic_immunization', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='observation',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='63b79156eec23fc69713fda1341d575b95eae09f', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_f5596', table='clinic_observation', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='immunization',
            constraint=models.CheckConstraint(condition=models.Q(('information_source', ''), models.Q(('information_source__in', ['01', '02', '03', '04', '00']), ('primary_source', False)), _connector='OR'), name='clinic_immunization_source'),
        ),
        migrations.AddConstraint(
            model_name='immunization',
            constraint=models.CheckConstraint(condition=models.Q(('funding', ''), ('funding__in', ['V01', 'V02', 'V03', 'V04', 'V05']), _connector='OR'), name='clinic_immunization_funding'),
        ),
        migrations.AddConstraint(
            model_name='immunization',
            constraint=models.CheckConstraint(condition=models.Q(('refusal_reason', ''), models.Q(('refusal_reason__in', ['IMMUNE', 'MEDPREC', 'OSTOCK', 'PATOBJ', 'RELIG', 'PHILISOP']), ('status', 'not-done')), _connector='OR'), name='clinic_immunization_refusal'),
        ),
        migrations.AddConstraint(
            model_name='immunization',
            constraint=models.CheckConstraint(condition=models.Q(('ndc', ''), ('ndc__regex', '^\\d{5}-\\d{4}-\\d{2}$'), _connector='OR'), name='clinic_immunization_ndc'),
        ),
        migrations.AddConstraint(
            model_name='immunization',
            constraint=models.CheckConstraint(condition=models.Q(('vis_given_on', None), ('vis_edition__isnull', False), _connector='OR'), name='clinic_immunization_vis'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.UniqueConstraint(condition=models.Q(('entered_in_error_at', None), ('report__isnull', False), ('superseded_by', None), models.Q(('sub_id', ''), _negated=True)), fields=('report', 'system', 'code', 'sub_id'), name='clinic_observation_once_reported'),
        ),
        migrations.AddConstraint(
            model_name='knowledgebase',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['interactions', 'ingredients', 'classes'])), name='clinic_knowledge_kind'),
        ),
        migrations.AddConstraint(
            model_name='knowledgebase',
            constraint=models.UniqueConstraint(condition=models.Q(('retired_at', None)), fields=('kind',), name='clinic_knowledge_in_use'),
        ),
        migrations.AddField(
            model_name='knowledgelink',
            name='base',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='clinic.knowledgebase'),
        ),
        migrations.AddField(
            model_name='medicationreconciliation',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='medicationreconciliation',
            name='encounter',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reconciliations', to='clinic.encounter'),
        ),
        migrations.AddField(
            model_name='medicationreconciliation',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reconciliations', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='medicationreconciliationitem',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='medicationreconciliationitem',
            name='medication',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reconciliation_items', to='clinic.medicationstatement'),
        ),
        migrations.AddField(
            model_name='medicationreconciliationitem',
            name='reconciliation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='clinic.medicationreconciliation'),
        ),
        migrations.AddField(
            model_name='medicationrequest',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='medicationrequest',
            name='encounter',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='prescriptions', to='clinic.encounter'),
        ),
        migrations.AddField(
            model_name='medicationrequest',
            name='entered_in_error_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='medicationrequest',
            name='medication',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prescriptions', to='clinic.medicationstatement'),
        ),
        migrations.AddField(
            model_name='medicationrequest',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prescriptions', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='medicationrequest',
            name='pharmacy',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.pharmacy'),
        ),
        migrations.AddField(
            model_name='medicationrequest',
            name='prescriber',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.practitioner'),
        ),
        migrations.AddField(
            model_name='medicationrequest',
            name='signed_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='medicationrequest',
            name='transmitted_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='prescriptionprint',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='prescriptionprint',
            name='prescription',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prints', to='clinic.medicationrequest'),
        ),
        migrations.AddField(
            model_name='refillrequest',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='refillrequest',
            name='decided_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='refillrequest',
            name='medication',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refill_requests', to='clinic.medicationstatement'),
        ),
        migrations.AddField(
            model_name='refillrequest',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refill_requests', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='refillrequest',
            name='pharmacy',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.pharmacy'),
        ),
        migrations.AddField(
            model_name='refillrequest',
            name='prescription',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refill_of', to='clinic.medicationrequest'),
        ),
        migrations.AddField(
            model_name='safetyoverride',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='safetyoverride',
            name='encounter',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.encounter'),
        ),
        migrations.AddField(
            model_name='safetyoverride',
            name='medication',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='safety_overrides', to='clinic.medicationstatement'),
        ),
        migrations.AddField(
            model_name='safetyoverride',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='safety_overrides', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='servicerequest',
            name='completed_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='servicerequest',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='servicerequest',
            name='encounter',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='clinic.encounter'),
        ),
        migrations.AddField(
            model_name='servicerequest',
            name='entered_in_error_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='servicerequest',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='servicerequest',
            name='requester',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.practitioner'),
        ),
        migrations.AddField(
            model_name='servicerequest',
            name='signed_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='diagnosticreport',
            name='based_on',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='clinic.servicerequest'),
        ),
        migrations.AddIndex(
            model_name='diagnosticreport',
            index=models.Index(condition=models.Q(('entered_in_error_at', None), ('needs_review', True), ('reviewed_at', None)), fields=['created_at'], name='clinic_report_to_review'),
        ),
        migrations.AddConstraint(
            model_name='diagnosticreport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reviewed_at__isnull', True), ('reviewed_by__isnull', True)), models.Q(('reviewed_at__isnull', False), ('reviewed_by__isnull', False)), _connector='OR'), name='clinic_report_reviewed'),
        ),
        migrations.AddConstraint(
            model_name='diagnosticreport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('released_at__isnull', True), ('released_by__isnull', True)), models.Q(('released_at__isnull', False), ('released_by__isnull', False)), _connector='OR'), name='clinic_report_released'),
        ),
        migrations.AddConstraint(
            model_name='diagnosticreport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('identifier_system', ''), ('identifier_value', '')), models.Q(models.Q(('identifier_value', ''), _negated=True), models.Q(('identifier_system', ''), _negated=True)), _connector='OR'), name='clinic_report_identifier'),
        ),
        migrations.AddConstraint(
            model_name='diagnosticreport',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('identifier_value', ''), _negated=True), ('entered_in_error_at', None)), fields=('identifier_system', 'identifier_value', 'system', 'code'), name='clinic_report_once'),
        ),
        migrations.AddField(
            model_name='servicerequestreason',
            name='condition',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.condition'),
        ),
        migrations.AddField(
            model_name='servicerequestreason',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='servicerequestreason',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reasons', to='clinic.servicerequest'),
        ),
        migrations.AddIndex(
            model_name='knowledgelink',
            index=models.Index(fields=['base', 'second_system', 'second_code'], name='clinic_knowledge_second'),
        ),
        migrations.AddConstraint(
            model_name='knowledgelink',
            constraint=models.UniqueConstraint(fields=('base', 'first_system', 'first_code', 'second_system', 'second_code'), name='clinic_knowledge_once'),
        ),
        migrations.AddConstraint(
            model_name='knowledgelink',
            constraint=models.CheckConstraint(condition=models.Q(('level', ''), ('level__in', ['note', 'warning', 'stop']), _connector='OR'), name='clinic_knowledge_level'),
        ),
        migrations.AddConstraint(
            model_name='knowledgelink',
            constraint=models.CheckConstraint(condition=models.Q(('first_code', models.F('second_code')), ('first_system', models.F('second_system')), _negated=True), name='clinic_knowledge_two'),
        ),
        migrations.AddIndex(
            model_name='medicationreconciliation',
            index=models.Index(fields=['patient', '-created_at'], name='clinic_reconciled_patient'),
        ),
        migrations.AddConstraint(
            model_name='medicationreconciliation',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ['patient', 'bottles', 'pharmacy', 'discharge'])), name='clinic_reconciliation_source'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='medicationreconciliation',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='9c8ef5fcbb42bc46ac51d018fcc9e770b6def2c0', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_fb17d', table='clinic_medicationreconciliation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='medicationreconciliation',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.medicationreconciliation',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='849a2d82ec7361a40a0deb03e16eabd871d69e5d', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_bdbf2', table='clinic_medicationreconciliation', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='medicationreconciliation',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - '{patient_id,updated_at}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{patient_id,updated_at}'::text[] THEN\n        RAISE EXCEPTION 'clinic_medicationreconciliation is fixed once it is written: % refused', TG_OP USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='0c6fcfb06a224876ba522f2596aad422f685e01b', operation='UPDATE OR DELETE', pgid='pgtrigger_fixed_0f06f', table='clinic_medicationreconciliation', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='medicationreconciliationitem',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['continue', 'change', 'stop', 'add'])), name='clinic_reconciliation_outcome'),
        ),
        migrations.AddConstraint(
            model_name='medicationreconciliationitem',
            constraint=models.UniqueConstraint(fields=('reconciliation', 'medication'), name='clinic_reconciliation_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='medicationreconciliationitem',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.medicationreconciliationitem',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='8e32082ab3b4ffee3170a5e31bc424f74d4cf0eb', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_5c8a7', table='clinic_medicationreconciliationitem', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='medicationreconciliationitem',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - '{updated_at}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{updated_at}'::text[] THEN\n        RAISE EXCEPTION 'clinic_medicationreconciliationitem is fixed once it is written: % refused', TG_OP USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='4156fc3778f65ed31725576d8a000a605a63a7dd', operation='UPDATE OR DELETE', pgid='pgtrigger_fixed_e750d', table='clinic_medicationreconciliationitem', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='medicationrequest',
            index=models.Index(fields=['patient', '-created_at'], name='clinic_prescription_patient'),
        ),
        migrations.AddConstraint(
            model_name='medicationrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entered_in_error_at__isnull', True), ('entered_in_error_by__isnull', True), ('entered_in_error_reason', '')), models.Q(('entered_in_error_at__isnull', False), ('entered_in_error_by__isnull', False), models.Q(('entered_in_error_reason', ''), _negated=True)), _connector='OR'), name='clinic_medicationrequest_error_paired'),
        ),
        migrations.AddConstraint(
            model_name='medicationrequest',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'active', 'completed', 'cancelled', 'stopped', 'entered-in-error'])), name='clinic_prescription_status'),
        ),
        migrations.AddConstraint(
            model_name='medicationrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('signed_at__isnull', True), ('signed_by__isnull', True)), models.Q(('signed_at__isnull', False), ('signed_by__isnull', False)), _connector='OR'), name='clinic_prescription_signed'),
        ),
        migrations.AddConstraint(
            model_name='medicationrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('transmitted_at__isnull', True), ('transmitted_by__isnull', True)), models.Q(('transmitted_at__isnull', False), ('transmitted_by__isnull', False)), _connector='OR'), name='clinic_prescription_transmitted'),
        ),
        migrations.AddConstraint(
            model_name='medicationrequest',
            constraint=models.CheckConstraint(condition=models.Q(('signed_at__isnull', False), models.Q(('status__in', ['draft', 'cancelled', 'entered-in-error']), ('transmitted_at', None)), _connector='OR'), name='clinic_prescription_signed_first'),
        ),
        migrations.AddConstraint(
            model_name='medicationrequest',
            constraint=models.CheckConstraint(condition=models.Q(('transmitted_at', None), ('method__in', ['printed', 'phoned', 'faxed', 'sent']), _connector='OR'), name='clinic_prescription_way'),
        ),
        migrations.AddConstraint(
            model_name='medicationrequest',
            constraint=models.CheckConstraint(condition=models.Q(('display__regex', '\\S'), ('dosage_text__regex', '\\S')), name='clinic_prescription_words'),
        ),
        migrations.AddConstraint(
            model_name='medicationrequest',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='clinic_prescription_quantity'),
        ),
        migrations.AddConstraint(
            model_name='medicationrequest',
            constraint=models.CheckConstraint(condition=models.Q(('schedule', ''), models.Q(('refills', 0), ('schedule', '2')), models.Q(('refills__lte', 5), ('schedule__in', ['3', '4'])), ('schedule', '5'), _connector='OR'), name='clinic_prescription_schedule'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='medicationrequest',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='e8a9e12d9fe50aed16658a963b9700a23ce5f720', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_e7bb0', table='clinic_medicationrequest', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='medicationrequest',
            trigger=pgtrigger.compiler.Trigger(name='signed_is_final', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF OLD.signed_at IS NOT NULL\n        AND (to_jsonb(NEW) - '{patient_id,status,status_reason,method,transmitted_at,transmitted_by_id,updated_at,entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{patient_id,status,status_reason,method,transmitted_at,transmitted_by_id,updated_at,entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}'::text[]\n        OR NEW.status = 'draft')\n    THEN\n        RAISE EXCEPTION 'A signed prescription does not change: cancel it and write another.'\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='d327d67ccb6a6ac1a5c24769e174dc37a213213f', operation='UPDATE', pgid='pgtrigger_signed_is_final_bbf89', table='clinic_medicationrequest', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='medicationrequest',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.medicationrequest',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='04e5215242caa31d07da8d3f3a7f9c4ec49007da', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_d0383', table='clinic_medicationrequest', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='prescriptionprint',
            constraint=models.UniqueConstraint(fields=('prescription', 'copy'), name='clinic_prescription_copy'),
        ),
        migrations.AddConstraint(
            model_name='prescriptionprint',
            constraint=models.CheckConstraint(condition=models.Q(('copy', 1), models.Q(('copy__gt', 1), ('reason__regex', '\\S')), _connector='OR'), name='clinic_prescription_again'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='prescriptionprint',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.prescriptionprint',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='f7e42e0fd2648d654423fbd4ca0ab5f31424bff5', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_a7649', table='clinic_prescriptionprint', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='prescriptionprint',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    RAISE EXCEPTION 'clinic_prescriptionprint is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';\n", hash='4fbdcaa27ccc413b56a0372324d0ffd41d0832fe', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_62bf5', table='clinic_prescriptionprint', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='prescriptionprint',
            trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    RAISE EXCEPTION 'clinic_prescriptionprint is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';\n", hash='2767c6f72c03c74f879680dc1a836605933e5b24', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_f8097', table='clinic_prescriptionprint', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='refillrequest',
            index=models.Index(fields=['patient', '-created_at'], name='clinic_refill_patient'),
        ),
        migrations.AddConstraint(
            model_name='refillrequest',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['requested', 'accepted', 'rejected', 'cancelled'])), name='clinic_refill_status'),
        ),
        migrations.AddConstraint(
            model_name='refillrequest',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ['patient', 'pharmacy', 'staff'])), name='clinic_refill_source'),
        ),
        migrations.AddConstraint(
            model_name='refillrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True)), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='clinic_refill_decided'),
        ),
        migrations.AddConstraint(
            model_name='refillrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('prescription', None), ('status', 'requested')), models.Q(('decided_at__isnull', False), ('prescription__isnull', False), ('status', 'accepted')), models.Q(('decided_at__isnull', False), ('decision_reason__regex', '\\S'), ('prescription', None), ('status', 'rejected')), models.Q(('decided_at__isnull', False), ('prescription', None), ('status', 'cancelled')), _connector='OR'), name='clinic_refill_whole'),
        ),
        migrations.AddConstraint(
            model_name='refillrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'requested')), fields=('medication',), name='clinic_refill_one_waiting'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refillrequest',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.refillrequest',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='0ef93959210f4bc28a838aa0ecaf69201d706c67', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_62a87', table='clinic_refillrequest', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='safetyoverride',
            index=models.Index(fields=['patient', '-created_at'], name='clinic_override_patient'),
        ),
        migrations.AddConstraint(
            model_name='safetyoverride',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['allergy', 'duplicate', 'interaction'])), name='clinic_override_kind'),
        ),
        migrations.AddConstraint(
            model_name='safetyoverride',
            constraint=models.CheckConstraint(condition=models.Q(('level__in', ['note', 'warning', 'stop'])), name='clinic_override_level'),
        ),
        migrations.AddConstraint(
            model_name='safetyoverride',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['tolerated', 'benefit', 'monitored', 'no-alternative', 'not-true', 'intended'])), name='clinic_override_reason'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='safetyoverride',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='d003955946d4469815eec8111681dbca6d4694e0', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_80669', table='clinic_safetyoverride', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='safetyoverride',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.safetyoverride',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='c059d4ed226c77669d62a21a72abd6cd4e875688', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_fc3c1', table='clinic_safetyoverride', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='safetyoverride',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - '{patient_id,updated_at}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{patient_id,updated_at}'::text[] THEN\n        RAISE EXCEPTION 'clinic_safetyoverride is fixed once it is written: % refused', TG_OP USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='c735d84059dfdf27bd1de605dd4a366380c07aaf', operation='UPDATE OR DELETE', pgid='pgtrigger_fixed_f1a11', table='clinic_safetyoverride', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='servicerequest',
            index=models.Index(fields=['patient', '-created_at'], name='clinic_order_patient'),
        ),
        migrations.AddIndex(
            model_name='servicerequest',
            index=models.Index(condition=models.Q(('status__in', ['draft', 'active'])), fields=['requester', 'created_at'], name='clinic_order_open'),
        ),
        migrations.AddConstraint(
            model_name='servicerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('code', ''), ('system', '')), models.Q(models.Q(('code', ''), _negated=True), models.Q(('system', ''), _negated=True)), _connector='OR'), models.Q(('display', ''), _negated=True)), name='clinic_servicerequest_coded'),
        ),
        migrations.AddConstraint(
            model_name='servicerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entered_in_error_at__isnull', True), ('entered_in_error_by__isnull', True), ('entered_in_error_reason', '')), models.Q(('entered_in_error_at__isnull', False), ('entered_in_error_by__isnull', False), models.Q(('entered_in_error_reason', ''), _negated=True)), _connector='OR'), name='clinic_servicerequest_error_paired'),
        ),
        migrations.AddConstraint(
            model_name='servicerequest',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'active', 'on-hold', 'revoked', 'completed', 'entered-in-error'])), name='clinic_order_status'),
        ),
        migrations.AddConstraint(
            model_name='servicerequest',
            constraint=models.CheckConstraint(condition=models.Q(('category__in', ['laboratory', 'imaging', 'procedure', 'referral', 'equipment'])), name='clinic_order_category'),
        ),
        migrations.AddConstraint(
            model_name='servicerequest',
            constraint=models.CheckConstraint(condition=models.Q(('priority__in', ['routine', 'urgent', 'asap', 'stat'])), name='clinic_order_priority'),
        ),
        migrations.AddConstraint(
            model_name='servicerequest',
            constraint=models.CheckConstraint(condition=models.Q(('step__in', ['ordered', 'sent', 'scheduled', 'collected', 'partial', 'received'])), name='clinic_order_step'),
        ),
        migrations.AddConstraint(
            model_name='servicerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('signed_at__isnull', True), ('signed_by__isnull', True)), models.Q(('signed_at__isnull', False), ('signed_by__isnull', False)), _connector='OR'), name='clinic_order_signed'),
        ),
        migrations.AddConstraint(
            model_name='servicerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('completed_at__isnull', True), ('completed_by__isnull', True)), models.Q(('completed_at__isnull', False), ('completed_by__isnull', False)), _connector='OR'), name='clinic_order_completed'),
        ),
        migrations.AddConstraint(
            model_name='servicerequest',
            constraint=models.CheckConstraint(condition=models.Q(('signed_at__isnull', False), ('status__in', ['draft', 'revoked', 'entered-in-error']), _connector='OR'), name='clinic_order_signed_first'),
        ),
        migrations.AddConstraint(
            model_name='servicerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('completed_at__isnull', False), ('status', 'completed')), models.Q(models.Q(('status', 'completed'), _negated=True), models.Q(('completed_at', None), ('status', 'entered-in-error'), _connector='OR')), _connector='OR'), name='clinic_order_done'),
        ),
        migrations.AddConstraint(
            model_name='servicerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'revoked'), _negated=True), ('status_reason__regex', '\\S'), _connector='OR'), name='clinic_order_why_cancelled'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='servicerequest',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='3a30c8cd4ba47e1562894941094ba882bb496390', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_e6a24', table='clinic_servicerequest', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='servicerequest',
            trigger=pgtrigger.compiler.Trigger(name='signed_is_final', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF OLD.signed_at IS NOT NULL\n        AND (to_jsonb(NEW) - '{patient_id,status,status_reason,step,scheduled_on,completed_at,completed_by_id,updated_at,entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{patient_id,status,status_reason,step,scheduled_on,completed_at,completed_by_id,updated_at,entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}'::text[]\n        OR NEW.status = 'draft')\n    THEN\n        RAISE EXCEPTION 'A signed order does not change: cancel it and order again.' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='631b71131820f5c33775612f8ac765fdee4e44ca', operation='UPDATE', pgid='pgtrigger_signed_is_final_8fa8e', table='clinic_servicerequest', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='servicerequest',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.servicerequest',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='3008cc7b01c536b856a81ba7b03e232657fa92ee', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_0d3a0', table='clinic_servicerequest', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='servicerequestreason',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('code', ''), ('system', '')), models.Q(models.Q(('code', ''), _negated=True), models.Q(('system', ''), _negated=True)), _connector='OR'), models.Q(('display', ''), _negated=True)), name='clinic_servicerequestreason_coded'),
        ),
        migrations.AddConstraint(
            model_name='servicerequestreason',
            constraint=models.UniqueConstraint(fields=('order', 'rank'), name='clinic_order_reason_rank'),
        ),
        migrations.AddConstraint(
            model_name='servicerequestreason',
            constraint=models.UniqueConstraint(condition=models.Q(('code', ''), _negated=True), fields=('order', 'system', 'code'), name='clinic_order_reason_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='servicerequestreason',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.servicerequestreason',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='982388d3784b921be754c29b831e2ff5826bc97f', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_45875', table='clinic_servicerequestreason', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.RunSQL("CREATE SEQUENCE clinic_order_seq START 1001", "DROP SEQUENCE clinic_order_seq"),
        migrations.RunSQL("CREATE SEQUENCE clinic_prescription_seq START 1001", "DROP SEQUENCE clinic_prescription_seq"),
    ]
